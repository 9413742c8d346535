"""Read the page of an account: its balance, and its postings with the balance after each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from ledger.backoffice.sheets.sides import Balance
from ledger.balances import balances
from ledger.models import Account, Posting
from ledgersafe.values.money_text import Money

#: Postings on a page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A posting, and the balance of the account after it."""

    posting: Posting
    amount: Money
    balance: Balance


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """An account's balance and a page of its postings, newest first; `older` is the next page's cursor."""

    balance: Balance
    lines: Sequence[AccountLine]
    older: str


def account_sheet(account: Account, cursor: str) -> AccountSheet:
    """Read a page of postings. At most four statements; an invalid cursor shows the newest postings."""
    total = balances.balances_of([account.pk])[account.pk]
    rows = Posting.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
    place, after = _place(cursor), total
    if place is not None:
        day, journal_id, line_no = place
        newer = Q(journal_id__gt=journal_id) | Q(journal_id=journal_id, line_no__gte=line_no)
        through = balances.balances_of([account.pk], as_of=day)[account.pk]
        same_day = rows.filter(newer, business_date=day).aggregate(newer=Sum("amount_minor"))["newer"] or 0
        after = through - int(same_day)
        rows = rows.filter(Q(business_date__lt=day) | (Q(business_date=day) & ~newer))
    page = list(rows.select_related("journal").order_by("-business_date", "-journal_id", "-line_no")[: PAGE + 1])
    lines = []

    def as_balance(minor: int) -> Balance:
        return Balance(minor, account.currency, account.type, account.role)

    for posting in page[:PAGE]:
        lines.append(AccountLine(posting, Money(posting.amount_minor, account.currency), as_balance(after)))
        after -= posting.amount_minor
    last = page[PAGE - 1] if len(page) > PAGE else None
    older = f"{last.business_date}.{last.journal_id}.{last.line_no}" if last else ""
    return AccountSheet(as_balance(total), lines, older)


def _place(cursor: str) -> tuple[date, int, int] | None:
    try:
        day, journal_id, line_no = cursor.split(".")
        place = date.fromisoformat(day), int(journal_id), int(line_no)
    except ValueError:
        return None
    return place if 0 <= place[1] < 2**63 and 0 <= place[2] < 2**15 else None
