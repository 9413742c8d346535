"""All URLs. The API answers under /v1/ and /api/ alike, with and without trailing slash."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path, re_path

from ledgersafe import dashboard
from ledgersafe.http import error_pages, problems, schema_views
from ledgersafe.operations import health, scraping
from ledgersafe.people import sign_in, two_step_page

admin.autodiscover()


@problems.read_only
def _home(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/admin/")


# Its last pattern matches everything, and would answer a POST to an unknown address with a CSRF refusal.
admin.site.final_catch_all_view = False

_api: list[URLPattern | URLResolver] = [
    re_path(r"^health/?$", health.HealthView.as_view(), name="api-health"),
    re_path(r"^schema/?$", schema_views.SchemaView.as_view(), name="schema"),
    re_path(r"^docs/?$", schema_views.DocsView.as_view(url="/v1/schema"), name="docs"),
    path("", include("pos.urls")),
    path("", include("exceptions.urls")),
    path("", include("recon.urls")),
    path("", include("ledger.urls")),
    re_path(r"", problems.not_found),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", _home),
    re_path(r"^v1/", include(_api)),
    re_path(r"^api/", include(_api)),
    re_path(r"^(?:v1|api)$", problems.not_found),
    re_path(r"^health/?$", health.live),
    re_path(r"^ready/?$", health.ready),
    re_path(r"^metrics/?$", scraping.export),
    path("admin/login/", sign_in.sign_in),
    path("admin/login/code/", sign_in.second_step, name="second-step"),
    path("admin/two-step/", admin.site.admin_view(two_step_page.two_step), name="two-step"),
    path("admin/figures/", admin.site.admin_view(dashboard.figures), name="dashboard-figures"),
    path("admin/ledger/period/", include("recon.backoffice.urls")),
    path("admin/ledger/drawer/", include("ledger.backoffice.urls")),
    path("admin/pos/devices/", include("pos.backoffice.device_urls")),
    path("admin/pos/", include("pos.backoffice.urls")),
    # Django's "view on site" short-cut: no object has a page on another site.
    path("admin/r/<path:rest>", error_pages.unknown_page),
    path("admin/", admin.site.urls),
    path("admin/<path:rest>", error_pages.unknown_page),
]

handler400 = "ledgersafe.http.error_pages.bad_request"
handler403 = "ledgersafe.http.error_pages.forbidden"
handler404 = "ledgersafe.http.error_pages.not_found"
handler500 = "ledgersafe.http.error_pages.server_error"
