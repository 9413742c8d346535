"""URLs of the drawer desk, beside Django's own for the list and the page of a drawer."""

from django.contrib import admin
from django.urls import path

from ledger.backoffice import drawer_desk

urlpatterns = [
    path("<int:drawer_id>/count/", admin.site.admin_view(drawer_desk.count_page), name="drawer-count"),
    path("<int:drawer_id>/close/", admin.site.admin_view(drawer_desk.close_page), name="drawer-close"),
    path("<int:drawer_id>/adjust/", admin.site.admin_view(drawer_desk.adjust_page), name="drawer-adjust"),
    path("<int:drawer_id>/report/", admin.site.admin_view(drawer_desk.report_page), name="drawer-report"),
]
