"""Rows of the trial balance and journals as text, read from what is sealed, in an order that never depends on chance.

A day that was reopened and went on keeps the pack of its first close: journals recorded after that close do not count.
"""

from collections.abc import Iterator
from typing import Final

from ledger.balances import balances
from ledger.models import Account
from ledgersafe.values.money import to_decimal_text
from recon.models import DayClose, DayCloseAccount
from recon.packs.close_sql import RECORDED_BEFORE, instant, read_rows, sides_text
from recon.packs.formats import Row

_MOVEMENTS: Final = """
SELECT p.account_id, coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
       coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
FROM day_close_accounts a
JOIN postings p ON p.tenant_id = %(tenant)s AND p.account_id = a.account_id AND p.business_date = %(day)s
{recorded}
WHERE a.tenant_id = %(tenant)s AND a.close_id = %(close)s GROUP BY 1
"""
_JOURNALS: Final = """
SELECT j.id, j.kind, j.source, j.source_key, j.revision, j.reverses_id, j.external_ref, j.is_late, j.occurred_at,
       j.recorded_at, p.line_no, a.code, p.currency, p.amount_minor
FROM day_close_accounts a
JOIN postings p ON p.tenant_id = %(tenant)s AND p.account_id = a.account_id AND p.business_date = %(day)s
JOIN journals j ON j.id = p.journal_id {recorded}
WHERE a.tenant_id = %(tenant)s AND a.close_id = %(close)s ORDER BY j.id, p.line_no
"""


def trial_balance_rows(close: DayClose) -> Iterator[Row]:
    """A row per account that has a balance or moved, by type, currency and code.

    The opening balance is the closing one less what moved: snapshots are kept at the end of a day only.
    """
    if close.covered_by is not None:  # nothing moved: the opening balances of the day it was closed with
        for row in trial_balance_rows(close.covered_by):
            code, name, kind, currency, *sides = row
            opening, zero = tuple(sides[:2]), to_decimal_text(0, currency)
            if any(opening):
                yield (code, name, kind, currency, *opening, zero, zero, *opening)
        return
    # Code and name as they were at the close; type and currency of an account never change.
    chart = list(
        DayCloseAccount.objects.filter(tenant_id=close.tenant_id, close=close).values_list("account_id", "code", "name")
    )
    accounts = Account.objects.filter(tenant_id=close.tenant_id).values_list("id", "type", "currency")
    kinds = {account: (kind, currency) for account, kind, currency in accounts}
    closing = balances.snapshots_of(close.tenant_id, close.business_date, revision=close.revision)
    since = "" if close.stands else f"JOIN journals j ON j.id = p.journal_id {RECORDED_BEFORE}"
    movements = read_rows(_MOVEMENTS.format(recorded=since), close)
    moved = {account: (int(debit), int(credit)) for account, debit, credit in movements}
    for account, code, name in sorted(chart, key=lambda row: (*kinds[row[0]], row[1])):
        (kind, currency), balance = kinds[account], closing.get(account, 0)
        debit, credit = moved.get(account, (0, 0))
        if balance or debit or credit:
            opening = sides_text(balance - debit + credit, currency)
            amounts = (to_decimal_text(debit, currency), to_decimal_text(credit, currency))
            yield (code, name, kind, currency, *opening, *amounts, *sides_text(balance, currency))


def journal_rows(close: DayClose) -> Iterator[Row]:
    """A row per posting of the day, by journal and line."""
    for row in read_rows(_JOURNALS.format(recorded="" if close.stands else RECORDED_BEFORE), close):
        journal, kind, source, key, revision, reverses, reference, late, occurred, recorded = row[:10]
        line, code, currency, minor = row[10:]
        yield (
            str(journal), str(line), kind, source, key, str(revision), str(reverses or ""), reference,
            "yes" if late else "", instant(occurred), instant(recorded), code, currency, *sides_text(minor, currency),
        )  # fmt: skip
