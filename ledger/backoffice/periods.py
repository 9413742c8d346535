"""Business days in the back office: the list, and the page of one day."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from ledger.backoffice.book_pages import BooksAdmin, amounts, badge
from ledger.backoffice.sheets.days import day_figures, day_sheet
from ledger.models import Period, PeriodStatus


@admin.register(Period)
class PeriodAdmin(BooksAdmin):
    """Business days; the page of one shows its journals by kind and its trial balance."""

    sheet_template = "ledger/day.html"
    list_display = ("day", "state", "journals", "turnover", "closed", "tenant")
    list_display_links = ("day",)
    list_filter = ("status", "tenant")
    ordering = ("-business_date", "tenant")
    sortable_by = ()
    list_per_page = 31

    def complete(self, rows: list[Period]) -> None:
        figures_by_id = day_figures(rows)
        for row in rows:
            vars(row)["figures"] = figures_by_id[row.pk]

    @admin.display(description="State")
    def state(self, row: Period) -> SafeString:
        return badge(row.get_status_display(), "ls-info" if row.status == PeriodStatus.OPEN else "ls-ok")

    @admin.display(description="Closed (UTC)")
    def closed(self, row: Period) -> str:
        return f"{row.closed_at:%Y-%m-%d %H:%M:%S}" if row.closed_at else "–"

    @admin.display(description="Journals")
    def journals(self, row: Any) -> SafeString:
        return format_html('<div class="ls-num ls-list-money">{}</div>', f"{row.figures.journals:,}")

    @admin.display(description="Turnover")
    def turnover(self, row: Any) -> SafeString | str:
        return amounts(row.figures.turnover)

    def sheet(self, request: HttpRequest, row: Model) -> dict[str, Any]:
        day: Any = row
        journals = f"{reverse('admin:ledger_journal_changelist')}?"
        query = {"day": day.business_date, "tenant__id__exact": day.tenant_id}
        return {"sheet": day_sheet(day), "journals_url": journals + urlencode(query)} | _closing(day)


def _closing(day: Period) -> dict[str, str]:
    """Return the link to closing the day and its accountant pack, by URL name: that page belongs to a higher app."""
    with suppress(NoReverseMatch):
        return {"close_url": reverse("day-close", args=[day.pk])}
    return {}
