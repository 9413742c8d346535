"""URLs of the pages that close and reopen a business day."""

from django.contrib import admin
from django.urls import path

from recon.backoffice import day

urlpatterns = [
    path("<int:period_id>/close/", admin.site.admin_view(day.show_day), name="day-close"),
    path("<int:period_id>/reopen/", admin.site.admin_view(day.reopen), name="day-reopen"),
    path("<int:period_id>/pack/<str:name>/", admin.site.admin_view(day.download), name="day-pack"),
]
