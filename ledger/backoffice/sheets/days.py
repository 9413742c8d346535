"""Read business days: the figures of a list of days, and the page of one day."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from ledger.backoffice.sheets.sides import Balance
from ledger.balances import AccountBalance, balances
from ledger.models import Period, PeriodStatus
from ledgersafe.postgres.append_only_sums import JOURNALS, remembered_sums
from ledgersafe.values.money_text import Money, pair

#: Found by account and day, which is an index of postings. Every journal has a line 1: counting those counts journals.
_DAYS: Final = """
SELECT d.id, p.currency, {settled}, count(*) FILTER (WHERE p.line_no = 1),
       coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0)
FROM periods d {source}
WHERE d.id = ANY (%(days)s) GROUP BY 1, 2, 3
"""
#: The first reading goes by the day's postings per account; later ones add the journals since then.
_ALL: Final = """
JOIN accounts a ON a.tenant_id = d.tenant_id
JOIN postings p ON p.tenant_id = d.tenant_id AND p.account_id = a.id AND p.business_date = d.business_date
"""
_SINCE: Final = """
JOIN journals j ON j.id > %(after)s AND j.tenant_id = d.tenant_id AND j.business_date = d.business_date
JOIN postings p ON p.journal_id = j.id
"""
_KINDS: Final = """
SELECT j.kind, p.currency, count(*) FILTER (WHERE p.line_no = 1),
       coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0)
FROM accounts a
JOIN postings p ON p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.business_date = %(day)s
JOIN journals j ON j.id = p.journal_id
WHERE a.tenant_id = %(tenant)s GROUP BY 1, 2 ORDER BY 1, 2
"""
_MOVED: Final = """
SELECT a.code, coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
FROM accounts a
JOIN postings p ON p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.business_date = %(day)s
WHERE a.tenant_id = %(tenant)s GROUP BY 1
"""


@dataclass(slots=True)
class DayFigures:
    """The number of journals of a business day, and their debits per currency."""

    journals: int = 0
    turnover: list[Money] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An account on a business day: its movement, and its balance at the end."""

    account: AccountBalance
    debits: Money
    credits: Money
    balance: Balance


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Sums of one currency: (debits, credits) of the movements and of the closing balances."""

    movements: tuple[Money, Money]
    closing: tuple[Money, Money]

    @property
    def balanced(self) -> bool:
        return all(debit.minor == credit.minor for debit, credit in (self.movements, self.closing))


@dataclass(frozen=True, slots=True)
class DaySheet:
    """A business day's journals by kind, and its trial balance with totals per currency."""

    #: (kind, journals, debits)
    kinds: Sequence[tuple[str, int, Money]]
    trial: Sequence[TrialRow]
    totals: Sequence[DayTotal]


def day_figures(days: Sequence[Period]) -> dict[int, DayFigures]:
    """Return figures by day id. Three statements for any number of days; sums of settled journals are cached."""
    figures = {day.pk: DayFigures() for day in days}
    if not days:
        return figures

    def read(after: int, settled: int) -> list[tuple[Any, ...]]:
        sql = _DAYS.format(settled="p.journal_id <= %(settled)s", source=_SINCE if after else _ALL)
        rows = _rows(sql, {"days": list(figures), "after": after, "settled": settled})
        return [(day, currency, name, is_settled, number)
                for day, currency, is_settled, *numbers in rows
                for name, number in zip(("journals", "debits"), numbers, strict=True)]  # fmt: skip

    digest = hashlib.sha256(repr(sorted((day.pk, day.opened_at) for day in days)).encode()).hexdigest()[:32]
    for (day_id, currency, name), number in sorted(remembered_sums(f"days:{digest}", JOURNALS, read).items()):
        if name == "journals":
            figures[day_id].journals += number
        else:
            figures[day_id].turnover.append(Money(number, currency))
    return figures


def day_sheet(period: Period) -> DaySheet:
    """Read the page of one day. Three statements."""
    values = {"tenant": period.tenant_id, "day": period.business_date}
    movements = {code: (int(debit), int(credit)) for code, debit, credit in _rows(_MOVED, values)}
    trial = [
        TrialRow(
            row,
            *pair(*movements.get(row.code, (0, 0)), row.currency),
            Balance(row.balance_minor, row.currency, row.type, row.role),
        )
        for row in balances.trial_balance(period.tenant_id, as_of=period.business_date)
        if row.balance_minor or row.code in movements
    ]
    return DaySheet(
        kinds=[(kind, int(n), Money(int(debits), currency)) for kind, currency, n, debits in _rows(_KINDS, values)],
        trial=trial,
        totals=[_total_of(currency, trial) for currency in sorted({row.account.currency for row in trial})],
    )


def _total_of(currency: str, trial: Sequence[TrialRow]) -> DayTotal:
    rows = [row for row in trial if row.account.currency == currency]
    balances_minor = [row.balance.minor for row in rows]
    closing = sum(max(minor, 0) for minor in balances_minor), -sum(min(minor, 0) for minor in balances_minor)
    movements = sum(row.debits.minor for row in rows), sum(row.credits.minor for row in rows)
    return DayTotal(pair(*movements, currency), pair(*closing, currency))


def open_days(tenant_ids: Collection[int] | None, *, at_most: int) -> list[Period]:
    """Return open business days, oldest first. :param tenant_ids: None: of all tenants."""
    rows = Period.objects.filter(status=PeriodStatus.OPEN).select_related("tenant").order_by("business_date", "tenant")
    return list((rows if tenant_ids is None else rows.filter(tenant_id__in=tenant_ids))[:at_most])


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
