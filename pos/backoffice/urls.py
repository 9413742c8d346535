"""URLs of the sales pages."""

from django.contrib import admin
from django.urls import path

from pos.backoffice import articles, daily_sales, event_ids, sales

event_ids.register()
_wrap = admin.site.admin_view

urlpatterns = [
    path("daily-sales/", _wrap(daily_sales.show_sales), name="daily-sales"),
    path("daily-sales/export/<str:kind>/", _wrap(daily_sales.export), name="daily-sales-export"),
    path("daily-sales/<str:slug>/<str:day>/", _wrap(daily_sales.show_layers), name="day-in-layers"),
    path("articles/", _wrap(articles.show), name="articles"),
    path("articles/<str:name>/<str:kind>/", _wrap(articles.export), name="articles-export"),
    path("sold/", _wrap(sales.show_list), name="sold"),
    path("sold/<str:slug>/<event_id:event_id>/", _wrap(sales.show_event), name="sold-event"),
]
