from django.urls import re_path

from pos import device_views, report_views, sale_views, views

urlpatterns = [
    re_path(r"^events/?$", views.EventsView.as_view(), name="events"),
    re_path(r"^events/batch/?$", views.EventBatchView.as_view(), name="events-batch"),
    re_path(r"^events/(?P<raw_id>[^/]+)/?$", views.EventView.as_view(), name="event"),
    re_path(r"^devices/?$", device_views.DevicesView.as_view(), name="devices"),
    # A device is called what it calls itself, slashes and all.
    re_path(r"^devices/(?P<device_id>.+)/gaps/explain/?$", device_views.ExplainGapView.as_view(), name="gaps-explain"),
    re_path(r"^devices/(?P<device_id>.+)/gaps/?$", device_views.GapsView.as_view(), name="device-gaps"),
    re_path(r"^reports/daily-sales/?$", report_views.DailySalesView.as_view(), name="report-daily-sales"),
    re_path(r"^sales/?$", sale_views.SalesView.as_view(), name="sales"),
    re_path(r"^sales/(?P<event_id>.+?)/?$", sale_views.SaleView.as_view(), name="sale"),
    re_path(r"^reports/articles/?$", sale_views.ArticlesView.as_view(), name="report-articles"),
    re_path(r"^reports/taxes/?$", sale_views.TaxesView.as_view(), name="report-taxes"),
    re_path(r"^reports/reconciliation/?$", report_views.ReconciliationView.as_view(), name="report-reconciliation"),
]
