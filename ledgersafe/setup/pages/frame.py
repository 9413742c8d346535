"""The frame of the set-up pages: an object in cards, and pages for those who administer its tenant."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.backoffice.pages import Button, choice_page
from ledgersafe.setup.pages.formatting import link
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.staff import may, visible_tenants

ADMINISTER = "tenants.administer_tenant"
Page = Callable[[HttpRequest, Any], HttpResponse]


class SetUpAdmin(ReadOnlyModelAdmin):
    """An object shown as cards, with pages of its own for changes."""

    #: URL below the object → name of the method; only for people who administer the tenant.
    pages: ClassVar[dict[str, str]] = {}

    def get_urls(self) -> list[URLPattern]:
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        routes = [
            path(f"<path:object_id>/{url}/", self.admin_site.admin_view(self._page(name)), name=f"{label}_{name}")
            for url, name in self.pages.items()
        ]
        urls: list[URLPattern] = super().get_urls()
        return routes + urls

    def _page(self, name: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, object_id)
            if obj is None:
                raise Http404
            if not self.administers(request, obj):
                raise PermissionDenied
            page: Page = getattr(self, name)
            return page(request, obj)

        return view

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            refusal: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
            return refusal
        obj = self.get_object(request, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            absent: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return absent
        return self.show(request, obj)

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Render the object's own page."""
        raise NotImplementedError

    def administers(self, request: HttpRequest, obj: Any) -> bool:
        """Tell whether this person may change the object's tenant."""
        tenant_id = obj.pk if isinstance(obj, Tenant) else obj.tenant_id
        return may(request.user, ADMINISTER, tenant_id)

    def has_administer_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Tell whether to show the buttons above a list."""
        return request.user.has_perm(ADMINISTER)

    def buttons(self, request: HttpRequest, obj: Any, *buttons: Button) -> Sequence[Button]:
        """Return the buttons, for people who may press them."""
        return buttons if self.administers(request, obj) else ()

    def choose_tenant(self, request: HttpRequest, *, title: str, page: str) -> HttpResponse:
        """Redirect to the form of the only tenant; with several, ask which."""
        tenants = list(visible_tenants(request.user)[:500])
        if len(tenants) == 1:
            return HttpResponseRedirect(link("tenant", page, tenants[0].pk))
        choices = [(tenant.slug, tenant.name, link("tenant", page, tenant.pk)) for tenant in tenants]
        return choice_page(request, opts=self.opts, title=title, intro="For which tenant?", choices=choices)


def called(tenant: Tenant) -> str:
    """Return a tenant's name for people."""
    return tenant.name or tenant.slug
