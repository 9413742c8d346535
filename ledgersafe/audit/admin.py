"""The audit log in the back office: entries, the changes of each, and the check of a tenant's chain."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter, RangeDateFilter
from unfold.utils import parse_date_str

from ledgersafe.audit import page_check, queries
from ledgersafe.audit.cards import NOT_SEALED, changes_card, check_result, facts_card
from ledgersafe.audit.models import AuditEntry
from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.backoffice.pages import Badge, Button, Card, display, object_page
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.staff import visible_tenants
from ledgersafe.values.errors import DomainError

#: Filters offer the values of the latest entries: reading all of a long trail would be slow.
_LATEST = 5_000
#: With more tenants than this, chains are shown for a chosen tenant only.
_MAX_CHAINS = 8


class _Recent(DropdownFilter):  # type: ignore[misc]  # unfold is untyped
    """A filter whose choices are the values in the latest entries."""

    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        latest = model_admin.get_queryset(request).order_by("-id").values(self.column)[:_LATEST]
        values = {row[self.column] for row in latest}
        return [(value, value) for value in sorted(values)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ActionFilter(_Recent):
    title = "action"
    parameter_name = column = "action"


class ObjectFilter(_Recent):
    title = "kind of object"
    parameter_name = column = "object_type"


class DayFilter(RangeDateFilter):  # type: ignore[misc]  # unfold is untyped
    """A range of days in UTC, both included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day (UTC)"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(at__gte=datetime.combine(first, time.min, UTC))
        if last and last < date.max:  # the day after the last day of the calendar does not exist
            queryset = queryset.filter(at__lt=datetime.combine(last + timedelta(days=1), time.min, UTC))
        return queryset

    def _day(self, end: str) -> date | None:
        text = self.used_parameters.get(f"{self.parameter_name}_{end}")
        day = parse_date_str(text) if isinstance(text, str) else None
        return date.fromisoformat(day.isoformat()[:10]) if day else None


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """The list of entries, the page of one, and the check of a chain."""

    list_display = ("happened", "action", "about", "actor", "tenant", "sealed")
    list_filter = (
        ("at", DayFilter),
        "tenant",
        ActionFilter,
        ObjectFilter,
        ("actor", FieldTextFilter),
        ("object_id", FieldTextFilter),
    )
    list_filter_submit = True
    search_fields = ("object_id", "actor", "action", "=request_id")
    search_help_text = "Object, actor, action or request id"
    list_select_related = ("tenant",)
    list_before_template = "audit/chains_frame.html"
    ordering = ("-id",)
    empty_text = "Every change by people and programs is recorded here, in the same transaction."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("chains/", view(self.chains), name="audit_chains"),
            path("verify/<int:tenant_id>/", view(self.verify), name="audit_verify"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.annotate(sealed_in=F("seal__block__number"))  # type: ignore[no-any-return]

    @display(description="When (UTC)", ordering="id")
    def happened(self, entry: AuditEntry) -> str:
        return f"{entry.at:%Y-%m-%d %H:%M:%S}"

    @display(description="About", ordering="object_id")
    def about(self, entry: AuditEntry) -> str:
        return f"{entry.object_type.replace('_', ' ')} {entry.object_id}"

    @display(description="Sealed", label={"not sealed yet": "warning"})
    def sealed(self, entry: Any) -> tuple[str, str] | str:
        return f"block {entry.sealed_in}" if entry.sealed_in else ("not sealed yet", "not sealed yet")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            refusal: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
            return refusal
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            absent: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return absent
        badge = Badge(f"sealed in block {entry.sealed_in}", "success") if entry.sealed_in else NOT_SEALED
        subtitle = f"by {entry.actor}, {entry.at:%-d %B %Y %H:%M:%S} UTC"
        cards = [facts_card(entry), changes_card(entry)]
        return object_page(request, entry, title=entry.action, subtitle=subtitle, badges=[badge], cards=cards)

    def chains(self, request: HttpRequest) -> HttpResponse:
        """The card above the list: how far each tenant's trail is sealed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        tenants = self._chosen(request)
        states = [(tenant, queries.chain_state(tenant.id)) for tenant in tenants] if tenants else []
        return TemplateResponse(request, "audit/chains.html", {"chains": states})

    def verify(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        """Recompute a tenant's chain. It changes nothing but is expensive, so that only a POST starts it."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:audit_auditentry_changelist"))
        if not self.has_view_permission(request):
            raise PermissionDenied
        tenant = visible_tenants(request.user).filter(pk=tenant_id).first()
        if tenant is None:
            raise Http404
        try:
            badge, cards = check_result(page_check.verify_now(tenant))
        except DomainError as error:
            badge, cards = Badge("not verified", "warning"), [Card("Not finished", note=error.message)]
        back = Button("Back to the log", reverse("admin:audit_auditentry_changelist"), "arrow_back")
        title = f"Audit trail of {tenant.name or tenant.slug}"
        return object_page(
            request, tenant, title=title, badges=[badge], buttons=[back], cards=cards, opts=self.opts, object=None
        )

    def _chosen(self, request: HttpRequest) -> Sequence[Tenant] | None:
        """Tenants whose chains are shown; None: too many."""
        tenants = visible_tenants(request.user)
        tenant_id = request.GET.get("tenant", "")
        if tenant_id.isdecimal():
            tenants = tenants.filter(pk=int(tenant_id))
        rows = list(tenants[: _MAX_CHAINS + 1])
        return rows if len(rows) <= _MAX_CHAINS else None
