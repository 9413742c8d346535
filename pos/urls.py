from django.urls import re_path

from pos.api import devices, events, reports, sales

urlpatterns = [
    re_path(r"^events/?$", events.EventsView.as_view(), name="events"),
    re_path(r"^events/batch/?$", events.EventBatchView.as_view(), name="events-batch"),
    re_path(r"^events/(?P<raw_id>[^/]+)/?$", events.EventView.as_view(), name="event"),
    re_path(r"^devices/?$", devices.DevicesView.as_view(), name="devices"),
    # A device is called what it calls itself, slashes and all.
    re_path(r"^devices/(?P<device_id>.+)/gaps/explain/?$", devices.ExplainGapView.as_view(), name="gaps-explain"),
    re_path(r"^devices/(?P<device_id>.+)/gaps/?$", devices.GapsView.as_view(), name="device-gaps"),
    re_path(r"^reports/daily-sales/?$", reports.DailySalesView.as_view(), name="report-daily-sales"),
    re_path(r"^sales/?$", sales.SalesView.as_view(), name="sales"),
    re_path(r"^sales/(?P<event_id>.+?)/?$", sales.SaleView.as_view(), name="sale"),
    re_path(r"^reports/articles/?$", sales.ArticlesView.as_view(), name="report-articles"),
    re_path(r"^reports/taxes/?$", sales.TaxesView.as_view(), name="report-taxes"),
    re_path(r"^reports/reconciliation/?$", reports.ReconciliationView.as_view(), name="report-reconciliation"),
]
