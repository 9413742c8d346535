from django.urls import re_path

from pos import views

urlpatterns = [
    re_path(r"^events/?$", views.EventsView.as_view(), name="events"),
    re_path(r"^events/batch/?$", views.EventBatchView.as_view(), name="events-batch"),
    re_path(r"^events/(?P<raw_id>[^/]+)/?$", views.EventView.as_view(), name="event"),
]
