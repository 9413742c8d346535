"""Pages of the back office about sales."""

from django.contrib import admin
from django.urls import path

from pos import articles_page, event_urls, sales_page, sold_page

event_urls.register()
_wrap = admin.site.admin_view

urlpatterns = [
    path("daily-sales/", _wrap(sales_page.show_sales), name="daily-sales"),
    path("daily-sales/export/<str:kind>/", _wrap(sales_page.export), name="daily-sales-export"),
    path("daily-sales/<str:slug>/<str:day>/", _wrap(sales_page.show_layers), name="day-in-layers"),
    path("articles/", _wrap(articles_page.show), name="articles"),
    path("articles/<str:name>/<str:kind>/", _wrap(articles_page.export), name="articles-export"),
    path("sold/", _wrap(sold_page.show_list), name="sold"),
    path("sold/<str:slug>/<event_id:event_id>/", _wrap(sold_page.show_event), name="sold-event"),
]
