"""Pages of the back office beside the list and the page of drawers."""

from django.contrib import admin
from django.urls import path

from ledger.backoffice import drawers

urlpatterns = [
    path("<int:drawer_id>/count/", admin.site.admin_view(drawers.count_page), name="drawer-count"),
    path("<int:drawer_id>/close/", admin.site.admin_view(drawers.close_page), name="drawer-close"),
    path("<int:drawer_id>/adjust/", admin.site.admin_view(drawers.adjust_page), name="drawer-adjust"),
    path("<int:drawer_id>/report/", admin.site.admin_view(drawers.report_page), name="drawer-report"),
]
