from django.urls import re_path

from recon.api import days

urlpatterns = [
    re_path(r"^periods/?$", days.PeriodsView.as_view(), name="periods"),
    re_path(r"^periods/(?P<day>[^/]+)/readiness/?$", days.ReadinessView.as_view(), name="period-readiness"),
    re_path(r"^periods/(?P<day>[^/]+)/close/?$", days.CloseView.as_view(), name="period-close"),
    re_path(r"^periods/(?P<day>[^/]+)/reopen/?$", days.ReopenView.as_view(), name="period-reopen"),
    re_path(r"^periods/(?P<day>[^/]+)/pack/(?P<name>[^/]+)/?$", days.PackView.as_view(), name="period-pack"),
]
