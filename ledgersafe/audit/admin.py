"""The audit trail in the back office: what was done, what it changed, and whether it is still what was sealed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter, RangeDateFilter
from unfold.utils import parse_date_str

from ledgersafe.audit import diffs, page_check, queries
from ledgersafe.audit.full_check import Trail
from ledgersafe.audit.models import AuditEntry
from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, display, object_page
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.staff import visible_tenants
from ledgersafe.values.errors import DomainError

#: Choices of a filter are what the latest entries hold: a look through all of a long trail would be slow.
_LATEST = 5_000
#: With more tenants than this, the state of the chains waits until one is chosen.
_CHAINS_SHOWN = 8
#: The page of what an entry is about: list, and how it is found there.
_PAGES = {
    "tenant": "admin:tenants_tenant_changelist",
    "store": "admin:tenants_store_changelist",
    "register": "admin:tenants_register_changelist",
    "api_key": "admin:tenants_apikey_changelist",
    "person": "admin:auth_user_changelist",
    "exception": "admin:exceptions_exceptioncase_changelist",
    "event": "admin:pos_rawevent_changelist",
    "account": "admin:ledger_account_changelist",
    "journal": "admin:ledger_journal_changelist",
    "period": "admin:ledger_period_changelist",
    "job": "admin:django_celery_beat_periodictask_changelist",
}


class _Recent(DropdownFilter):  # type: ignore[misc]  # unfold is untyped
    """A filter by what the latest entries hold."""

    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        latest = model_admin.get_queryset(request).order_by("-id").values(self.column)[:_LATEST]
        found = {row[self.column] for row in latest}
        return [(value, value) for value in sorted(found)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ActionFilter(_Recent):
    title = "action"
    parameter_name = column = "action"


class ObjectFilter(_Recent):
    title = "kind of object"
    parameter_name = column = "object_type"


class DayFilter(RangeDateFilter):  # type: ignore[misc]  # unfold is untyped
    """From one day to another, the last one included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day (UTC)"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(at__gte=datetime.combine(first, time.min, UTC))
        if last and last < date.max:  # the last day there is has no end
            queryset = queryset.filter(at__lt=datetime.combine(last + timedelta(days=1), time.min, UTC))
        return queryset

    def _day(self, end: str) -> date | None:
        text = self.used_parameters.get(f"{self.parameter_name}_{end}")
        day = parse_date_str(text) if isinstance(text, str) else None
        return date.fromisoformat(day.isoformat()[:10]) if day else None


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """Who did what."""

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
    empty_text = "Whatever people and programs change is written down here, in the same transaction."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        mine = [
            path("chains/", view(self.chains), name="audit_chains"),
            path("verify/<int:tenant_id>/", view(self.verify), name="audit_verify"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return mine + urls

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
        badge = Badge(f"sealed in block {entry.sealed_in}", "success") if entry.sealed_in else _NOT_SEALED
        subtitle = f"by {entry.actor}, {entry.at:%-d %B %Y %H:%M:%S} UTC"
        shown = [_facts_card(entry), _changes_card(entry)]
        return object_page(request, entry, title=entry.action, subtitle=subtitle, badges=[badge], cards=shown)

    def chains(self, request: HttpRequest) -> HttpResponse:
        """The cards above the list: how far each trail is sealed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        tenants = self._chosen(request)
        states = [(tenant, queries.chain_state(tenant.id)) for tenant in tenants] if tenants else []
        return TemplateResponse(request, "audit/chains.html", {"chains": states})

    def verify(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        """Recompute a tenant's chain. Changes nothing, but costs something: by a posted form alone."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:audit_auditentry_changelist"))
        if not self.has_view_permission(request):
            raise PermissionDenied
        tenant = visible_tenants(request.user).filter(pk=tenant_id).first()
        if tenant is None:
            raise Http404
        try:
            badge, shown = _verdict(page_check.verify_now(tenant))
        except DomainError as error:
            badge, shown = Badge("not known", "warning"), [Card("Not finished", note=error.message)]
        back = Button("Back to the log", reverse("admin:audit_auditentry_changelist"), "arrow_back")
        title = f"Trail of {tenant.name or tenant.slug}"
        return object_page(
            request, tenant, title=title, badges=[badge], buttons=[back], cards=shown, opts=self.opts, object=None
        )

    def _chosen(self, request: HttpRequest) -> Sequence[Tenant] | None:
        tenants = visible_tenants(request.user)
        wanted = request.GET.get("tenant", "")
        if wanted.isdecimal():
            tenants = tenants.filter(pk=int(wanted))
        found = list(tenants[: _CHAINS_SHOWN + 1])
        return found if len(found) <= _CHAINS_SHOWN else None


_NOT_SEALED = Badge("not sealed yet", "warning")


def _facts_card(entry: Any) -> Card:
    url = _page_of(entry)
    return Card(
        "Entry",
        facts=[
            ("Number", entry.pk),
            ("When", f"{entry.at:%Y-%m-%d %H:%M:%S.%f} UTC"),
            ("Who", entry.actor),
            ("Did", Cell(entry.action, mono=True)),
            ("To", Cell(entry.object_id, url=url, small=entry.object_type.replace("_", " "))),
            ("Tenant", Cell(entry.tenant.slug, url=reverse("admin:tenants_tenant_change", args=[entry.tenant_id]))),
            ("Notes", entry.notes or "–"),
            ("Request", Cell(entry.request_id, mono=True) if entry.request_id else "none: a command or a job did it"),
            ("Seal", f"in block {entry.sealed_in}" if entry.sealed_in else "not yet: a job seals every minute"),
        ],
    )


def _changes_card(entry: Any) -> Card:
    found = diffs.changes(entry.before, entry.after)
    rows = [
        (
            Cell(change.field, mono=True),
            _side(change.before, change, change.gone, "removed"),
            _side(change.after, change, change.new, "added"),
        )
        for change in found
    ]
    empty = "This action changed no field that is written down; its name and its notes say it all."
    return Card("What changed", headers=("Field", "Before", "After"), rows=rows, empty=empty)


def _side(text: str | None, change: diffs.Change, differs: str, tone: str) -> Any:
    """Before or after. Of a list, what left or came is marked, and the whole stands below it."""
    if text is None:
        return "–"
    if differs:
        return Cell(differs, tone=tone, small=text)
    is_list = bool(change.gone or change.new)
    return Cell(text, tone=tone if change.is_change and not is_list else "")


def _page_of(entry: AuditEntry) -> str:
    """Where what it is about is found; empty where no page shows it."""
    name = _PAGES.get(entry.object_type)
    # A register is written down as store/code.
    wanted = entry.object_id.rpartition("/")[2] if entry.object_type == "register" else entry.object_id
    try:
        return f"{reverse(name)}?{urlencode({'q': wanted})}" if name else ""
    except NoReverseMatch:
        return ""


def _verdict(trail: Trail) -> tuple[Badge, list[Card]]:
    rows_are = "row is" if trail.total == 1 else "rows are"
    broken = Badge(f"{trail.total} {rows_are} not as sealed", "danger")
    badge = broken if trail.total else Badge("as sealed", "success")
    facts: list[tuple[str, Any]] = [
        ("Sealed entries", trail.entries),
        ("Not sealed yet", Cell(trail.unsealed)),
        ("Head", f"block {trail.head_number}" if trail.head_number else "nothing is sealed yet"),
        ("Hash of the head", Cell(trail.head_sha256 or "–", mono=True)),
        ("Anchored", f"through block {trail.anchored_block}" if trail.anchored_block else "not anchored"),
    ]
    shown = [Card("Recomputed from the first block to the last", facts=facts, note=" ".join(trail.warnings), wide=True)]
    if trail.total:
        rows = [(flaw.block or "–", flaw.entry_id or "–", flaw.message) for flaw in trail.named]
        more = trail.total - len(trail.named)
        note = f"And {more} more: manage.py verify_audit --tenant {trail.tenant} names them." if more else ""
        headers = ("Block", "Entry", "What is wrong")
        shown.insert(0, Card("Not as it was sealed", headers=headers, rows=rows, note=note, wide=True))
    return badge, shown
