from django.urls import re_path

from recon import views

urlpatterns = [
    re_path(r"^periods/?$", views.PeriodsView.as_view(), name="periods"),
    re_path(r"^periods/(?P<day>[^/]+)/readiness/?$", views.ReadinessView.as_view(), name="period-readiness"),
    re_path(r"^periods/(?P<day>[^/]+)/close/?$", views.CloseView.as_view(), name="period-close"),
    re_path(r"^periods/(?P<day>[^/]+)/reopen/?$", views.ReopenView.as_view(), name="period-reopen"),
    re_path(r"^periods/(?P<day>[^/]+)/pack/(?P<name>[^/]+)/?$", views.PackView.as_view(), name="period-pack"),
]
