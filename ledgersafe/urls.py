"""All URLs. The API answers under /v1/ and /api/ alike, with and without trailing slash."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ledgersafe import api, dashboard, health, scraping, signing_in

admin.autodiscover()


def _home(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/admin/")


_api: list[URLPattern | URLResolver] = [
    re_path(r"^health/?$", health.HealthView.as_view(), name="api-health"),
    re_path(r"^schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerSplitView.as_view(url="/v1/schema"), name="docs"),
    path("", include("pos.urls")),
    path("", include("exceptions.urls")),
    path("", include("recon.urls")),
    path("", include("ledger.urls")),
    re_path(r"", api.not_found),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", _home),
    re_path(r"^v1/", include(_api)),
    re_path(r"^api/", include(_api)),
    re_path(r"^(?:v1|api)$", api.not_found),
    re_path(r"^health/?$", health.live),
    re_path(r"^ready/?$", health.ready),
    re_path(r"^metrics/?$", scraping.export),
    path("admin/login/", signing_in.sign_in),
    path("admin/login/code/", signing_in.second_step, name="second-step"),
    path("admin/two-step/", admin.site.admin_view(signing_in.two_step), name="two-step"),
    path("admin/figures/", admin.site.admin_view(dashboard.figures), name="dashboard-figures"),
    path("admin/ledger/period/", include("recon.admin_urls")),
    path("admin/ledger/drawer/", include("ledger.admin_urls")),
    path("admin/pos/devices/", include("pos.device_urls")),
    path("admin/pos/", include("pos.admin_urls")),
    path("admin/", admin.site.urls),
]

handler400 = "ledgersafe.refusals.bad_request"
handler403 = "ledgersafe.refusals.forbidden"
handler404 = "ledgersafe.refusals.not_found"
handler500 = "ledgersafe.unavailable.server_error"
