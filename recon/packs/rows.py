"""Rows of held events and of drawers as text, read from what is sealed, in an order that never depends on chance."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ledger.calendar import Clocks
from ledgersafe.postgres.db import as_jsonb
from ledgersafe.values.money import is_currency, to_decimal_text
from recon.models import DayClose, DayCloseException
from recon.packs.close_sql import CHUNK, instant, read_rows
from recon.packs.formats import Row

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


def held_event_rows(close: DayClose) -> Iterator[Row]:
    """A row per held event as the close has kept it, oldest first. The amount is empty in an unknown currency."""
    cases = DayCloseException.objects.filter(tenant_id=close.tenant_id, close=close).order_by("created_at", "case_id")
    for case in cases.iterator(CHUNK):
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
    for row in read_rows(_DRAWERS, close, stores=stores):
        drawer, store, register, currency, number, opened, opened_by, closed, closed_by, *amounts, notes = row
        yield (
            str(drawer), store, register, currency, str(number), instant(opened), opened_by, instant(closed),
            closed_by, *(to_decimal_text(int(minor), currency) for minor in amounts), notes,
        )  # fmt: skip
