"""Pages of the back office about devices."""

from django.contrib import admin
from django.urls import path

from pos import device_page

urlpatterns = [
    path("", admin.site.admin_view(device_page.show_devices), name="devices-page"),
    path("<str:slug>/gaps/", admin.site.admin_view(device_page.show_gaps), name="device-gaps-page"),
    path("<str:slug>/gaps/explain/", admin.site.admin_view(device_page.explain), name="device-gap-explain"),
]
