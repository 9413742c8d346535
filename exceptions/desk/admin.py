"""Registers the desk in the back office: inbox, review page, bulk actions."""

import uuid
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from exceptions.desk import bulk, inbox_page
from exceptions.desk.review import views as review
from exceptions.models import ExceptionCase
from exceptions.waiting import count_waiting
from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.tenants import staff


@admin.register(ExceptionCase)
class ExceptionCaseAdmin(ReadOnlyModelAdmin):
    """Read-only as a model; the pages' own forms call use cases."""

    search_fields = ("idempotency_key",)

    def menu_badge(self, request: HttpRequest) -> str:
        """Number of proposals this person may confirm. One statement a request; none without the permission."""
        number: int | None = getattr(request, "_to_confirm", None)
        if number is None:
            number = 0
            if request.user.has_perm("exceptions.approve_exceptioncase"):
                tenant_ids, me = staff.tenant_ids_of(request.user), staff.actor_of(request.user)
                number = count_waiting(tenant_ids, me=me).to_confirm
            request._to_confirm = number  # type: ignore[attr-defined]  # kept: the menu is built several times a request
        return f"{number:,} to confirm" if number else ""

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("bulk/", bulk.press, "exceptions_bulk"),
            ("<str:case_id>/review/", review.show_review, "exceptions_review"),
            ("<str:case_id>/preview/", review.show_preview, "exceptions_preview"),
        ]
        own = [path(route, self.admin_site.admin_view(self._page(view)), name=name) for route, view, name in pages]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        return inbox_page.show_inbox(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect the admin's own links to the review page. :raises Http404: the id is no UUID."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        try:
            case_id = uuid.UUID(object_id)
        except ValueError:
            raise Http404 from None
        return HttpResponseRedirect(reverse("admin:exceptions_review", args=[case_id]))

    def _page(self, view: Any) -> Any:
        def page(request: HttpRequest, **parameters: str) -> HttpResponse:
            response: HttpResponse = view(self, request, **parameters)
            return response

        return page
