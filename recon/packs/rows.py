"""Rows of the pack's four tables as text, read from what is sealed, in an order that never depends on chance.

A day that was reopened and went on keeps the pack of its first close: journals recorded after that close do not count.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from ledger.balances import balances
from ledger.calendar import Clocks
from ledger.models import Account
from ledgersafe.postgres.db import as_jsonb
from ledgersafe.values.money import is_currency, to_decimal_text
from recon.models import DayClose, DayCloseAccount, DayCloseException
from recon.packs.formats import Row

_CHUNK: Final = 2_000
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
#: Cash movements of a drawer by kind; with the starting cash they add up to the expected cash.
_DRAWERS: Final = """
SELECT d.id, s.code, r.code, d.currency, d.z_number, d.opened_at, d.opened_by, d.closed_at, d.closed_by,
       d.starting_cash_minor, f.sales, f.refunds, f.paid_in, f.paid_out, f.drops, f.corrections,
       d.expected_cash_minor, d.actual_cash_minor, d.variance_minor, d.notes
FROM pos_ledgers d JOIN stores s ON s.id = d.store_id JOIN registers r ON r.id = d.register_id
LEFT JOIN jsonb_to_recordset(%(stores)s::jsonb) AS z(store text, starts timestamptz, ends timestamptz)
       ON z.store = s.code
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'SALE'), 0) AS sales,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'REFUND'), 0) AS refunds,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'CASH_IN'), 0) AS paid_in,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type IN ('PAYOUT', 'CASH_OUT')), 0) AS paid_out,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'DROP'), 0) AS drops,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'CORRECTION'), 0) AS corrections
    FROM financial_transactions t WHERE t.tenant_id = d.tenant_id AND t.drawer_id = d.id AND NOT t.is_late
) f
WHERE d.tenant_id = %(tenant)s AND d.status = 'CLOSED'
  AND d.closed_at >= coalesce(z.starts, %(starts)s) AND d.closed_at < coalesce(z.ends, %(ends)s)
ORDER BY d.closed_at, d.id
"""
#: Restricts a reopened day to what its close saw: journals recorded after a reopening are younger (guard on journals).
_RECORDED_BEFORE: Final = "AND j.recorded_at <= %(at)s"


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
    since = "" if close.stands else f"JOIN journals j ON j.id = p.journal_id {_RECORDED_BEFORE}"
    movements = _read(_MOVEMENTS.format(recorded=since), close)
    moved = {account: (int(debit), int(credit)) for account, debit, credit in movements}
    for account, code, name in sorted(chart, key=lambda row: (*kinds[row[0]], row[1])):
        (kind, currency), balance = kinds[account], closing.get(account, 0)
        debit, credit = moved.get(account, (0, 0))
        if balance or debit or credit:
            opening = _sides(balance - debit + credit, currency)
            amounts = (to_decimal_text(debit, currency), to_decimal_text(credit, currency))
            yield (code, name, kind, currency, *opening, *amounts, *_sides(balance, currency))


def journal_rows(close: DayClose) -> Iterator[Row]:
    """A row per posting of the day, by journal and line."""
    for row in _read(_JOURNALS.format(recorded="" if close.stands else _RECORDED_BEFORE), close):
        journal, kind, source, key, revision, reverses, reference, late, occurred, recorded = row[:10]
        line, code, currency, minor = row[10:]
        yield (
            str(journal), str(line), kind, source, key, str(revision), str(reverses or ""), reference,
            "yes" if late else "", instant(occurred), instant(recorded), code, currency, *_sides(minor, currency),
        )  # fmt: skip


def held_event_rows(close: DayClose) -> Iterator[Row]:
    """A row per held event as the close has kept it, oldest first. The amount is empty in an unknown currency."""
    cases = DayCloseException.objects.filter(tenant_id=close.tenant_id, close=close).order_by("created_at", "case_id")
    for case in cases.iterator(_CHUNK):
        known = case.amount_at_risk_minor is not None and is_currency(case.currency)
        risk = to_decimal_text(case.amount_at_risk_minor or 0, case.currency) if known else ""
        yield (
            str(case.case_id), case.idempotency_key, case.store_code, case.reason_code, case.status, risk,
            case.currency, instant(case.created_at), instant(case.resolved_at), case.resolution_action,
            case.resolution_actor,
        )  # fmt: skip


def drawer_rows(close: DayClose) -> Iterator[Row]:
    """A row per drawer closed within the day by its store's clock, in the order of closing."""
    yesterday = close.business_date - timedelta(days=1)
    stores = as_jsonb(Clocks.of(close.tenant).ends(starts=yesterday, ends=close.business_date))
    for row in _read(_DRAWERS, close, stores=stores):
        drawer, store, register, currency, number, opened, opened_by, closed, closed_by, *amounts, notes = row
        yield (
            str(drawer), store, register, currency, str(number), instant(opened), opened_by, instant(closed),
            closed_by, *(to_decimal_text(int(minor), currency) for minor in amounts), notes,
        )  # fmt: skip


def _sides(minor: int, currency: str) -> tuple[str, str]:
    """Split a balance in minor units into (debit, credit) text: one side is empty, neither has a sign."""
    text = to_decimal_text(abs(minor), currency) if minor else ""
    return (text, "") if minor > 0 else ("", text)


def _read(sql: str, close: DayClose, **more: Any) -> Iterator[tuple[Any, ...]]:
    """Run a statement for a close through a server-side cursor: a day may have any number of postings."""
    with connection.chunked_cursor() as cursor:
        values: dict[str, Any] = {
            "tenant": close.tenant_id,
            "day": close.business_date,
            "close": close.pk,
            "at": close.closed_at,
            "starts": close.period.starts_at,
            "ends": close.period.ends_at,
            **more,
        }
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def instant(value: datetime | None) -> str:
    """ISO 8601 in UTC with a trailing Z; empty for None."""
    return value.isoformat().replace("+00:00", "Z") if value is not None else ""
