"""Journals in the back office: the list, and the page of one journal."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from ledger.backoffice.book_pages import BooksAdmin, amounts, badge
from ledger.backoffice.filters import BusinessDay, Kind, ReversalFilter
from ledger.backoffice.sheets.journals import journal_sheet, reversals_of, turnovers
from ledger.backoffice.sheets.search import search_journals
from ledger.models import Journal
from ledgersafe.tenants import staff
from ledgersafe.values.money_text import Money


@admin.register(Journal)
class JournalAdmin(BooksAdmin):
    """Journals; the page of one shows postings as lines and T-accounts, its source, and related journals."""

    sheet_template = "ledger/journal.html"
    list_display = ("number", "day", "what", "source_of", "reference", "amount", "state", "tenant")
    list_display_links = ("number",)
    list_filter = (BusinessDay, Kind, ReversalFilter, "is_late", "tenant")
    search_fields = ("source_key",)
    search_help_text = "Source, id, reference or amount"
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 25

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        tenants = list(staff.visible_tenants(request.user).values_list("id", flat=True))
        return queryset.filter(id__in=search_journals(search_term, tenants)), False

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
        return badge(row.kind, "ls-warn" if row.reverses_id else "")

    @admin.display(description="Source")
    def source_of(self, row: Any) -> str:
        return str(row.source_key)

    @admin.display(description="Reference")
    def reference(self, row: Any) -> str:
        return str(row.external_ref) or "–"

    @admin.display(description="Amount")
    def amount(self, row: Any) -> SafeString | str:
        return amounts(row.turnover)

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        badges = [badge("reversed", "ls-bad")] if row.reversed_by_id else []
        badges += [badge(f"reverses #{row.reverses_id}", "ls-warn")] if row.reverses_id else []
        badges += [badge(f"revision {row.revision}", "ls-info")] if row.revision > 1 else []
        badges += [badge("late", "ls-warn")] if row.is_late else []
        return format_html('<span class="ls-badges">{}</span>', format_html_join("", "{}", ((b,) for b in badges)))

    def sheet(self, request: HttpRequest, row: Journal) -> dict[str, Any]:
        sheet = journal_sheet(row)
        family = [(other, sheet.turnovers.get(other.id, [])) for other in sheet.family]
        return {"sheet": sheet, "family": family, "lines": [_sides(line) for line in sheet.lines]} | _cause(row)


def _sides(line: Any) -> tuple[Any, Money | None, Money | None]:
    """Return (line, debit, credit); the other side is None."""
    money = Money(line.amount_minor, line.currency)
    return (line, money, None) if money.minor > 0 else (line, None, money)


def _cause(row: Journal) -> dict[str, str]:
    """Return links to the received event and its timeline. The books know the till's pages by URL name only."""
    if row.source != "event":
        return {}
    links = {"arrivals": f"{reverse('admin:pos_rawevent_changelist')}?{urlencode({'q': row.source_key})}"}
    with suppress(NoReverseMatch):
        links["timeline"] = reverse("admin:pos_event_timeline", args=[row.tenant.slug, row.source_key])
    return links
