"""Accounts in the back office: the chart with balances, and the page of one account."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.backoffice.book_pages import BooksAdmin, badge
from ledger.backoffice.sheets.accounts import account_sheet
from ledger.backoffice.sheets.sides import Balance
from ledger.balances import balances
from ledger.models import Account, AccountStatus

_TONE_OF_ACCOUNT = {AccountStatus.ACTIVE: "ls-ok", AccountStatus.BLOCKED: "ls-bad", AccountStatus.CLOSED: ""}
_UNUSUAL = '<span class="ls-badge ls-warn" title="{}">unusual side</span>'


def _balance(balance: Balance) -> SafeString:
    """Show an amount and its side, with a mark when the side is unusual. The currency has its own column."""
    mark = format_html(_UNUSUAL, balance.remark) if balance.is_unusual else ""
    return format_html('<div class="ls-money ls-list-money"><div>{}</div>{}</div>', balance.text, mark)


@admin.register(Account)
class AccountAdmin(BooksAdmin):
    """The chart with balances; the page of an account lists its postings with the running balance."""

    sheet_template = "ledger/account.html"
    list_display = ("code", "name", "type", "currency", "state", "balance", "tenant")
    list_filter = ("type", "status", "currency", "tenant")
    search_fields = ("code", "name")
    ordering = ("tenant", "type", "code")
    sortable_by = ()

    def complete(self, rows: list[Account]) -> None:
        balances_by_id = balances.balances_of([row.pk for row in rows])
        for row in rows:
            vars(row)["balance_minor"] = balances_by_id[row.pk]

    @admin.display(description="Status")
    def state(self, row: Account) -> SafeString:
        return badge(row.get_status_display(), _TONE_OF_ACCOUNT[AccountStatus(row.status)])

    @admin.display(description="Balance")
    def balance(self, row: Any) -> SafeString | str:
        return _balance(Balance(row.balance_minor, row.currency, row.type, row.role))

    def sheet(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        before = request.GET.get("before", "")
        tone = _TONE_OF_ACCOUNT[AccountStatus(row.status)]
        return {"sheet": account_sheet(row, before), "cursor": before, "tone": tone}
