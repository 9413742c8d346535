"""URLs of the device pages."""

from django.contrib import admin
from django.urls import path

from pos.backoffice import devices

urlpatterns = [
    path("", admin.site.admin_view(devices.show_devices), name="devices-page"),
    path("<str:slug>/gaps/", admin.site.admin_view(devices.show_gaps), name="device-gaps-page"),
    path("<str:slug>/gaps/explain/", admin.site.admin_view(devices.explain), name="device-gap-explain"),
]
