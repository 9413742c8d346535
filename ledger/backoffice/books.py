"""The books in the back office: lists to find things by, and a page each that shows them whole."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from ledger.backoffice import drawers
from ledger.backoffice.rates import FxRateAdmin
from ledger.backoffice.settlements import FxSettlementAdmin
from ledger.backoffice.sheets.accounts import account_sheet
from ledger.backoffice.sheets.days import day_figures, day_sheet
from ledger.backoffice.sheets.journals import journal_sheet, reversals_of, turnovers
from ledger.backoffice.sheets.search import found_by
from ledger.backoffice.sheets.sides import Balance
from ledger.balances import balances
from ledger.drawers import queries
from ledger.models import Account, AccountStatus, Drawer, DrawerStatus, Journal, Period, PeriodStatus
from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.backoffice.pages import list_button
from ledgersafe.tenants import event_types, staff
from ledgersafe.values.money_text import Money

__all__ = ["AccountAdmin", "DrawerAdmin", "FxRateAdmin", "FxSettlementAdmin", "JournalAdmin", "PeriodAdmin"]

_TONE_OF_DRAWER = {DrawerStatus.OPEN: "ls-info", DrawerStatus.RECONCILING: "ls-warn", DrawerStatus.CLOSED: "ls-ok"}
_TONE_OF_ACCOUNT = {AccountStatus.ACTIVE: "ls-ok", AccountStatus.BLOCKED: "ls-bad", AccountStatus.CLOSED: ""}

_UNUSUAL = '<span class="ls-badge ls-warn" title="{}">unusual side</span>'


def _badge(text: str, tone: str = "") -> SafeString:
    return format_html('<span class="ls-badge {}">{}</span>', tone, text)


def _amounts(amounts: Iterable[Money]) -> SafeString | str:
    """One line per currency; currencies are never added up."""
    lines = format_html_join("", "<div>{} {}</div>", ((money.text, money.currency) for money in amounts))
    return format_html('<div class="ls-money ls-list-money">{}</div>', lines) if lines else "–"


def _balance(balance: Balance) -> SafeString:
    """The amount on its side, with a mark where that is not the usual one. The currency has a column of its own."""
    mark = format_html(_UNUSUAL, balance.remark) if balance.is_unusual else ""
    return format_html('<div class="ls-money ls-list-money"><div>{}</div>{}</div>', balance.text, mark)


def _page_of(model: str, pk: Any) -> str:
    return reverse(f"admin:ledger_{model}_change", args=[pk])


class CompletedList(ChangeList):  # type: ignore[misc]  # unfold is untyped
    """A page of rows that are completed together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        self.model_admin.complete(self.result_list)


class BooksAdmin(ReadOnlyModelAdmin):
    """A list without a count of the table, and a page of ours where Django would show a form."""

    paginator = InfinitePaginator
    #: Numbers beside the filters would count the table once for each.
    show_facets = admin.ShowFacets.NEVER
    list_fullwidth = True
    sheet_template: str

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("tenant")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CompletedList

    @admin.display(description="Business day")
    def day(self, row: Any) -> str:
        return str(row.business_date)

    def complete(self, rows: list[Any]) -> None:
        """Give the rows of a page what its columns show, in one statement for all of them."""

    def sheet(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row shows."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id and request.method in {"GET", "HEAD"} else None
        if row is None or not self.has_view_permission(request, row):
            # Absent, another tenant's, or a forged POST: Django's own refusal of each.
            answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
            return answer
        context = self.admin_site.each_context(request) | self.sheet(request, row)
        context |= {"title": str(row), "opts": self.opts, "original": row, "row": row, "has_view_permission": True}
        cast(Any, request).current_app = self.admin_site.name  # as Django's own admin pages do
        return TemplateResponse(request, self.sheet_template, context)


class BusinessDay(admin.SimpleListFilter):
    """Drill-down to a business day: the newest ones by name; no count and no minimum over the whole table."""

    title = "business day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        days = Period.objects.all()
        ids = staff.tenant_ids_of(request.user)
        if ids is not None:
            days = days.filter(tenant_id__in=ids)
        newest = days.order_by("-business_date").values_list("business_date", flat=True).distinct()[:14]
        offered = [str(day) for day in newest]
        asked = self.value()
        return [(day, day) for day in ([asked] if asked and asked not in offered else []) + offered]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(business_date=date.fromisoformat(self.value() or ""))
        except ValueError:
            return queryset.none() if self.value() else queryset


class Kind(admin.SimpleListFilter):
    """The kinds there can be: Django would look for them in the whole table."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in (*event_types.NAMES, "TRANSFER", "FX_SETTLEMENT", "REVALUATION", "REVERSAL")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ReversalFilter(admin.SimpleListFilter):
    """Journals that reverse others, or that do not."""

    title = "reversal"
    parameter_name = "reversal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Reversals"), ("no", "Not reversals")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reverses__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Journal)
class JournalAdmin(BooksAdmin):
    """Journals, and the page of one: postings as lines and as T-accounts, its cause and its relatives."""

    sheet_template = "ledger/journal.html"
    list_display = ("number", "day", "what", "source_key", "external_ref", "amount", "state", "tenant")
    list_display_links = ("number",)
    list_filter = (BusinessDay, Kind, ReversalFilter, "is_late", "tenant")
    search_fields = ("source_key",)
    search_help_text = "Key, id, transaction or amount"
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 25

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        tenants = list(staff.visible_tenants(request.user).values_list("id", flat=True))
        return queryset.filter(id__in=found_by(search_term, tenants)), False

    def complete(self, rows: list[Journal]) -> None:
        debits = turnovers([row.id for row in rows])
        reversals = reversals_of({row.tenant_id for row in rows}, [row.id for row in rows])
        for row in rows:
            vars(row).update(turnover=debits.get(row.id, ()), reversed_by_id=reversals.get(row.id))

    @admin.display(description="Journal")
    def number(self, row: Any) -> str:
        return f"#{row.id}"

    @admin.display(description="Kind")
    def what(self, row: Any) -> SafeString:
        return _badge(row.kind, "ls-warn" if row.reverses_id else "")

    @admin.display(description="Amount")
    def amount(self, row: Any) -> SafeString | str:
        return _amounts(row.turnover)

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        badges = [_badge("reversed", "ls-bad")] if row.reversed_by_id else []
        badges += [_badge(f"reverses #{row.reverses_id}", "ls-warn")] if row.reverses_id else []
        badges += [_badge(f"revision {row.revision}", "ls-info")] if row.revision > 1 else []
        badges += [_badge("late", "ls-warn")] if row.is_late else []
        return format_html('<span class="ls-badges">{}</span>', format_html_join("", "{}", ((b,) for b in badges)))

    def sheet(self, request: HttpRequest, row: Journal) -> dict[str, Any]:
        sheet = journal_sheet(row)
        family = [(other, sheet.turnovers.get(other.id, [])) for other in sheet.family]
        return {"sheet": sheet, "family": family, "lines": [_sides(line) for line in sheet.lines]} | _cause(row)


def _sides(line: Any) -> tuple[Any, Money | None, Money | None]:
    money = Money(line.amount_minor, line.currency)
    return (line, money, None) if money.minor > 0 else (line, None, money)


def _cause(row: Journal) -> dict[str, str]:
    """Links to what made a till's event arrive. The books do not know the till's side: by the names of its URLs."""
    if row.source != "event":
        return {}
    links = {"arrivals": f"{reverse('admin:pos_rawevent_changelist')}?{urlencode({'q': row.source_key})}"}
    with suppress(NoReverseMatch):
        links["timeline"] = reverse("admin:pos_event_timeline", args=[row.tenant.slug, row.source_key])
    return links


@admin.register(Account)
class AccountAdmin(BooksAdmin):
    """The chart with balances, and the page of an account: its postings with the running balance."""

    sheet_template = "ledger/account.html"
    list_display = ("code", "name", "type", "currency", "state", "balance", "tenant")
    list_filter = ("type", "status", "currency", "tenant")
    search_fields = ("code", "name")
    ordering = ("tenant", "type", "code")
    sortable_by = ()

    def complete(self, rows: list[Account]) -> None:
        found = balances.balances_of([row.pk for row in rows])
        for row in rows:
            vars(row)["balance_minor"] = found[row.pk]

    @admin.display(description="Status")
    def state(self, row: Account) -> SafeString:
        return _badge(row.get_status_display(), _TONE_OF_ACCOUNT[AccountStatus(row.status)])

    @admin.display(description="Balance")
    def balance(self, row: Any) -> SafeString | str:
        return _balance(Balance(row.balance_minor, row.currency, row.type, row.role))

    def sheet(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        before = request.GET.get("before", "")
        tone = _TONE_OF_ACCOUNT[AccountStatus(row.status)]
        return {"sheet": account_sheet(row, before), "cursor": before, "tone": tone}


@admin.register(Drawer)
class DrawerAdmin(BooksAdmin):
    """Cash drawers; the page of one has buttons (`drawer_desk`)."""

    list_display = ("number", "store", "till", "state", "opened", "expected", "counted", "variance", "tenant")
    list_display_links = ("number",)
    list_filter = ("status", "store", "tenant")
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 25
    actions_list = ("open_new",)

    @list_button("Open a drawer", permission="operate", url="open")
    def open_new(self, request: HttpRequest) -> HttpResponse:
        return drawers.open_page(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(drawers.OPERATE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("store", "register__store")

    def complete(self, rows: list[Drawer]) -> None:
        found = queries.expected_in(rows)
        for row in rows:
            vars(row)["expected_minor"] = found[row.pk]

    @admin.display(description="Drawer")
    def number(self, row: Drawer) -> str:
        return f"#{row.pk}"

    @admin.display(description="Register")
    def till(self, row: Drawer) -> str:
        return row.register.code

    @admin.display(description="Status")
    def state(self, row: Drawer) -> SafeString:
        return _badge(row.get_status_display(), _TONE_OF_DRAWER[DrawerStatus(row.status)])

    @admin.display(description="Opened (UTC)")
    def opened(self, row: Drawer) -> str:
        return f"{row.opened_at:%Y-%m-%d %H:%M}"

    @admin.display(description="Expected")
    def expected(self, row: Any) -> SafeString | str:
        hidden = queries.is_hidden(row, may_approve=False)  # in the list from everybody
        return "blind" if hidden else _amounts([Money(row.expected_minor, row.currency)])

    @admin.display(description="Counted")
    def counted(self, row: Drawer) -> SafeString | str:
        return "–" if row.actual_cash_minor is None else _amounts([Money(row.actual_cash_minor, row.currency)])

    @admin.display(description="Over/short")
    def variance(self, row: Any) -> SafeString | str:
        if row.actual_cash_minor is None:
            return "–"
        return _amounts([Money(row.actual_cash_minor - row.expected_minor, row.currency)])

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id and request.method in {"GET", "HEAD"} else None
        if row is None or not self.has_view_permission(request, row):
            return super().changeform_view(request, object_id, form_url, extra_context)
        return drawers.show_drawer(request, row)


@admin.register(Period)
class PeriodAdmin(BooksAdmin):
    """Business days, and the page of one: its journals by kind and its trial balance."""

    sheet_template = "ledger/day.html"
    list_display = ("day", "state", "journals", "turnover", "closed", "tenant")
    list_display_links = ("day",)
    list_filter = ("status", "tenant")
    ordering = ("-business_date", "tenant")
    sortable_by = ()
    list_per_page = 31

    def complete(self, rows: list[Period]) -> None:
        found = day_figures(rows)
        for row in rows:
            vars(row)["figures"] = found[row.pk]

    @admin.display(description="State")
    def state(self, row: Period) -> SafeString:
        return _badge(row.get_status_display(), "ls-info" if row.status == PeriodStatus.OPEN else "ls-ok")

    @admin.display(description="Closed (UTC)")
    def closed(self, row: Period) -> str:
        return f"{row.closed_at:%Y-%m-%d %H:%M:%S}" if row.closed_at else "–"

    @admin.display(description="Journals")
    def journals(self, row: Any) -> SafeString:
        return format_html('<div class="ls-num ls-list-money">{}</div>', f"{row.figures.journals:,}")

    @admin.display(description="Turnover")
    def turnover(self, row: Any) -> SafeString | str:
        return _amounts(row.figures.turnover)

    def sheet(self, request: HttpRequest, row: Model) -> dict[str, Any]:
        day: Any = row
        journals = f"{reverse('admin:ledger_journal_changelist')}?"
        query = {"day": day.business_date, "tenant__id__exact": day.tenant_id}
        return {"sheet": day_sheet(day), "journals_url": journals + urlencode(query)} | _closing(day)


def _closing(day: Period) -> dict[str, str]:
    """A link to what stands above the books: closing the day, and its pack. By the name of its URL."""
    with suppress(NoReverseMatch):
        return {"close_url": reverse("day-close", args=[day.pk])}
    return {}
