"""Read one account closely: its statement with running balance, and the explanation of a balance."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q, Sum

from ledger.balances import balances
from ledger.calendar import day_before, span_of_days
from ledger.models import Account, Posting, Transfer
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound

_FOREIGN_CURSOR: Final = "cursor is not a next_cursor of this statement."

#: Starts from the newest snapshot before the day, so that the day's own postings always appear, closed or not.
_EXPLAINED: Final = f"""
{balances.MARKED_DAYS.format(closed_by="d.business_date < m.mark")}
SELECT a.code, a.currency, s.business_date, coalesce(s.balance_minor, 0), p.*
FROM marks m JOIN accounts a ON a.tenant_id = m.tenant_id
{balances.SNAPSHOT}
LEFT JOIN LATERAL (
    SELECT business_date, count(DISTINCT journal_id), count(*),
           coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0),
           coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)
    FROM postings
    WHERE tenant_id = a.tenant_id AND account_id = a.id
      AND business_date > coalesce(s.business_date, '-infinity') AND business_date <= m.mark
    GROUP BY 1
) p ON true
WHERE a.code = %(code)s ORDER BY p.business_date
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A posting with the balance after it, in minor units; the memo is the entry's, or else the transfer's."""

    posting: Posting
    balance_minor: int
    memo: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of an account's postings in a span of business days; the next page starts after `next_place`."""

    account: Account
    first: date | None
    last: date | None
    opening_minor: int
    closing_minor: int
    lines: Sequence[StatementLine]
    next_place: list[Any] | None


@dataclass(frozen=True, slots=True)
class DayMovement:
    """The movement of an account on one business day, and the balance at its end, in minor units."""

    day: date
    journals: int
    postings: int
    debits_minor: int
    credits_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A balance taken apart: the snapshot it starts from (None: no snapshot), and the movement of each day since."""

    code: str
    currency: str
    starts_on: date | None
    starts_minor: int
    days: Sequence[DayMovement]

    @property
    def balance_minor(self) -> int:
        return self.days[-1].balance_minor if self.days else self.starts_minor


def get_account(tenant_id: int, code: str) -> Account:
    """Return one account.

    :raises ledgersafe.values.errors.NotFound: it does not exist, or belongs to another tenant: the same answer.
    """
    account = None if "\x00" in code else Account.objects.filter(tenant_id=tenant_id, code=code).first()
    if account is None:
        raise NotFound("There is no such account.")
    return account


def read_statement(
    tenant_id: int, code: str, parameters: Mapping[str, str], cursor: list[Any] | None, limit: int
) -> Statement:
    """Return a page of an account's statement, oldest first. At most six SQL statements on one snapshot of the books.

    Lines are ordered by business day, journal and line; `from` and `to` are business days, both inclusive.

    :raises ledgersafe.values.errors.NotFound: no such account.
    :raises ledgersafe.values.errors.InvalidParameter: an invalid span, or a cursor of another statement.
    """
    first, last = span_of_days(parameters)
    place = _place(cursor) if cursor is not None else None
    with _one_state():
        account = get_account(tenant_id, code)
        rows = Posting.objects.filter(tenant_id=tenant_id, account_id=account.pk)
        rows = rows.filter(business_date__gte=first or date.min, business_date__lte=last or date.max)
        marks = [day_before(first or date.min), last or date.max]
        if place is None:
            opening, closing = balances.balances_through(account.pk, tenant_id, marks)
            before = opening
        else:
            day, journal_id, line_no = place
            if not (first or date.min) <= day <= (last or date.max):
                raise InvalidParameter(_FOREIGN_CURSOR)
            marks.append(day_before(day))
            opening, closing, before = balances.balances_through(account.pk, tenant_id, marks)
            earlier = Q(journal_id__lt=journal_id) | Q(journal_id=journal_id, line_no__lte=line_no)
            same_day = rows.filter(earlier, business_date=day).aggregate(amount=Sum("amount_minor"))["amount"]
            before += int(same_day or 0)
            rows = rows.filter(Q(business_date__gt=day) | (Q(business_date=day) & ~earlier), business_date__gte=day)
        ordered = rows.select_related("journal").order_by("business_date", "journal_id", "line_no")
        postings = list(ordered[: limit + 1])
        lines = list(_running(postings[:limit], before, _commands(tenant_id, postings)))
    more = _place_of(postings[limit - 1]) if len(postings) > limit else None
    return Statement(account, first, last, opening, closing, lines, more)


def explain(tenant_id: int, code: str, day: date) -> Explanation:
    """Explain an account's balance at the end of a business day. One statement; it reads only the postings since the
    newest snapshot before the day, however old the books are.

    :raises ledgersafe.values.errors.NotFound: no such account.
    """
    values = {"tenants": [tenant_id], "marks": [day], "code": code}
    rows = [] if "\x00" in code else balances.fetch(_EXPLAINED, values)
    if not rows:
        raise NotFound("There is no such account.")
    account_code, currency, starts_on, starts_minor = rows[0][:4]
    days: list[DayMovement] = []
    after = int(starts_minor)
    for day_of_row, journals, postings, debits, credits_ in (row[4:] for row in rows if row[4] is not None):
        after += int(debits) - int(credits_)
        days.append(DayMovement(day_of_row, journals, postings, int(debits), int(credits_), after))
    return Explanation(account_code, currency, starts_on, int(starts_minor), days)


@contextmanager
def _one_state() -> Iterator[None]:
    """Run several statements on one snapshot: postings that commit between them stay invisible."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _commands(tenant_id: int, postings: Sequence[Posting]) -> dict[int, Transfer]:
    """Return the commands behind the postings' journals, by journal id."""
    rows = Transfer.objects.filter(tenant_id=tenant_id, journal_id__in={posting.journal_id for posting in postings})
    return {row.journal_id: row for row in rows}


def _running(postings: Sequence[Posting], before: int, commands: Mapping[int, Transfer]) -> Iterator[StatementLine]:
    for posting in postings:
        before += posting.amount_minor
        yield StatementLine(posting, before, _memo(posting, commands.get(posting.journal_id)))


def _memo(posting: Posting, command: Transfer | None) -> str | None:
    if command is None:
        return None
    own = command.entry_memos[posting.line_no - 1 : posting.line_no]
    return (own[0] if own else None) or command.memo or None


def _place_of(posting: Posting) -> list[Any]:
    return [posting.business_date.isoformat(), posting.journal_id, posting.line_no]


def _place(cursor: list[Any]) -> tuple[date, int, int]:
    day, journal_id, line_no = cursors.position(cursor, cursors.day, cursors.number, cursors.line_number)
    return day, journal_id, line_no
