"""The books in the back office."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ledger.models import Account, Journal, Period, Posting
from ledgersafe.backoffice import ReadOnlyModelAdmin
from ledgersafe.money import to_decimal_text


@admin.register(Account)
class AccountAdmin(ReadOnlyModelAdmin):
    """The chart."""

    list_display = ("code", "name", "type", "currency", "status", "tenant")
    list_filter = ("tenant", "type", "status")
    search_fields = ("code", "name")
    list_select_related = ("tenant",)
    ordering = ("tenant", "type", "code")


@admin.register(Journal)
class JournalAdmin(ReadOnlyModelAdmin):
    """Journals with their lines."""

    list_display = ("id", "business_date", "kind", "source_key", "external_ref", "posting_count", "tenant")
    list_filter = ("tenant", "kind", "is_late")
    search_fields = ("source_key", "external_ref")
    list_select_related = ("tenant",)
    ordering = ("-id",)
    exclude = ("reverses",)
    readonly_fields = ("lines",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journal]:
        rows: QuerySet[Journal] = super().get_queryset(request)
        return rows.select_related("tenant")

    @admin.display(description="Postings")
    def lines(self, journal: Journal) -> SafeString:
        postings = Posting.objects.filter(journal=journal).select_related("account").order_by("line_no")
        rows = format_html_join("", _LINE, (_columns(posting) for posting in postings))
        return format_html(
            '<table class="w-full text-sm"><thead><tr><th class="text-left p-2">Account</th>'
            '<th class="text-right p-2">Debit</th><th class="text-right p-2">Credit</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            rows,
        )


_LINE = (
    '<tr class="border-t border-base-200 dark:border-base-800"><td class="p-2">{}</td>'
    '<td class="text-right p-2">{}</td><td class="text-right p-2">{}</td></tr>'
)


def _columns(posting: Posting) -> tuple[str, str, str]:
    amount = f"{to_decimal_text(abs(posting.amount_minor), posting.currency)} {posting.currency}"
    return posting.account.code, amount if posting.amount_minor > 0 else "", amount if posting.amount_minor < 0 else ""


@admin.register(Period)
class PeriodAdmin(ReadOnlyModelAdmin):
    """Business days."""

    list_display = ("business_date", "status", "starts_at", "ends_at", "closed_at", "tenant")
    list_filter = ("tenant", "status")
    list_select_related = ("tenant",)
    ordering = ("-business_date",)
