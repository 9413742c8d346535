"""Pages of the back office about sales."""

from django.contrib import admin
from django.urls import path

from pos import sales_page

urlpatterns = [
    path("", admin.site.admin_view(sales_page.show_sales), name="daily-sales"),
    path("export/<str:kind>/", admin.site.admin_view(sales_page.export), name="daily-sales-export"),
    path("<str:slug>/<str:day>/", admin.site.admin_view(sales_page.show_layers), name="day-in-layers"),
]
