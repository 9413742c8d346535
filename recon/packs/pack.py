"""The accountant pack of a closed day: trial balance, journals, drawers, held events. CSV, JSON and a page to print.

Made of what is sealed alone: the day's journals, the balances at its end, and what the close has fixed. No clock, no
order by chance: made again it is the same, byte for byte, also when the day was opened again and went on: then journals
count that were recorded before this close. Everything streams, so that memory does not grow with the day.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import connection

from ledger.balances import balances
from ledger.calendar import Clocks
from ledger.models import Account
from ledgersafe.postgres.db import as_jsonb
from ledgersafe.values.errors import NotFound
from ledgersafe.values.money import is_currency, to_decimal_text
from recon.models import DayClose, DayCloseAccount, DayCloseException
from recon.packs import formats
from recon.packs.formats import Row, Table

_CHUNK: Final = 2_000
_MOVED: Final = """
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
#: Cash by what brought it into the drawer, or took it out of it: with the float it comes to what was expected.
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
#: What a close saw of a day that went on later: what is recorded after a reopening is younger (guard on journals).
_RECORDED: Final = "AND j.recorded_at <= %(at)s"


def trial_balance(close: DayClose) -> Table:
    """Every account that has a balance or moved: before the day, what moved, at its end."""
    return Table(
        "Trial balance",
        (
            "account_code", "account_name", "type", "ccy", "opening_debit", "opening_credit", "debits", "credits",
            "closing_debit", "closing_credit",
        ),
        lambda: _trial_rows(close),
    )  # fmt: skip


def journals(close: DayClose) -> Table:
    """Every posting of the day, by journal and line."""
    return Table(
        "Journals",
        (
            "journal_id", "line", "kind", "source", "source_key", "revision", "reverses_journal_id", "external_ref",
            "late", "occurred_at", "recorded_at", "account_code", "ccy", "debit", "credit",
        ),
        lambda: _journal_rows(close),
    )  # fmt: skip


def drawers(close: DayClose) -> Table:
    """The drawers that were closed within the day by their store's clock, each with its final figures.

    A closed drawer never changes, nor does the clock of a store that had one.
    """
    return Table(
        "Drawers",
        (
            "drawer_id", "store_id", "register_id", "ccy", "z_number", "opened_at", "opened_by", "closed_at",
            "closed_by", "starting_cash_amount", "sales_amount", "refunds_amount", "paid_in_amount", "paid_out_amount",
            "drops_amount", "corrections_amount", "expected_amount", "counted_amount", "variance_amount", "notes",
        ),
        lambda: _drawer_rows(close),
    )  # fmt: skip


def held(close: DayClose) -> Table:
    """Held events as they stood at the close, oldest first: the day's, and those of empty days closed with it."""
    return Table(
        "Exceptions",
        (
            "exception_id", "event_id", "store_id", "reason_code", "status_at_close", "amount_at_risk", "ccy",
            "created_at", "resolved_at", "resolution_action", "resolution_actor",
        ),
        lambda: _held_rows(close),
    )  # fmt: skip


_TABLES: Final[dict[str, Callable[[DayClose], Table]]] = {
    "trial-balance": trial_balance,
    "journals": journals,
    "drawers": drawers,
    "exceptions": held,
}
#: How packs are made up now. Those of layout 1 had no drawers, and stay as they were issued.
LAYOUT: Final = 2
_SINCE_LAYOUT: Final = {"drawers": 2}
#: Every file by name.
NAMES: Final = (*(f"{table}.{kind}" for table in _TABLES for kind in ("csv", "json")), formats.PAGE)
MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8"}


def media_type(name: str) -> str:
    return MEDIA_TYPES[name.rpartition(".")[2]]


def file_name(close: DayClose, name: str) -> str:
    """As a browser saves it."""
    issue = f"-issue-{close.revision}" if close.revision > 1 else ""
    return f"{close.tenant.slug}-{close.business_date}{issue}-{name}"


def content(close: DayClose, name: str) -> Iterator[bytes]:
    """One file of the pack, in pieces. :raises NotFound: it has no file of this name."""
    names = names_of(close)
    if name not in names:
        raise NotFound(f"The pack has no such file; there are {', '.join(names)}.")
    return (piece for _, piece in _pieces(close, {name}))


def fingerprints(close: DayClose) -> dict[str, str]:
    """SHA-256 of every file, in hexadecimal, by name. Every table is read once for all files."""
    digests = {name: hashlib.sha256() for name in sorted(names_of(close))}
    for name, piece in _pieces(close, digests):
        digests[name].update(piece)
    return {name: digest.hexdigest() for name, digest in digests.items()}


def write(close: DayClose, folder: Path) -> None:
    """Every file as a whole into a folder that exists, in one pass. :raises OSError: it cannot be written."""
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in names_of(close)}
        for name, piece in _pieces(close, files):
            files[name].write(piece)


def _pieces(close: DayClose, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    return formats.files(_facts(close), {name: _TABLES[name](close) for name in _tables_of(close)}, wanted)


def names_of(close: DayClose) -> tuple[str, ...]:
    """The files a pack has."""
    return (*(f"{table}.{kind}" for table in _tables_of(close) for kind in ("csv", "json")), formats.PAGE)


def _tables_of(close: DayClose) -> list[str]:
    return [name for name in _TABLES if close.layout >= _SINCE_LAYOUT.get(name, 1)]


def fingerprint_of(files: dict[str, str]) -> str:
    """One SHA-256 for all files: of the lines `sha256sum` would print, by name."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────
def _facts(close: DayClose) -> dict[str, str]:
    facts = {
        "tenant_id": close.tenant.slug,
        "date": close.business_date.isoformat(),
        "starts_at": _instant(close.period.starts_at),
        "ends_at": _instant(close.period.ends_at),
        "closed_at": _instant(close.closed_at),
        "closed_by": close.actor,
        "closed_with_open_exceptions": str(close.open_exceptions),
        "notes": close.notes,
    }
    return facts | {"issue": str(close.revision)} if close.layout > 1 else facts


def _trial_rows(close: DayClose) -> Iterator[Row]:
    if close.covered_by is not None:  # nothing moved: what the day it was closed with began with
        for row in _trial_rows(close.covered_by):
            code, name, kind, currency, *sides = row
            opening, zero = tuple(sides[:2]), to_decimal_text(0, currency)
            if any(opening):
                yield (code, name, kind, currency, *opening, zero, zero, *opening)
        return
    chart = list(
        DayCloseAccount.objects.filter(tenant_id=close.tenant_id, close=close).values_list("account_id", "code", "name")
    )
    fixed = Account.objects.filter(tenant_id=close.tenant_id).values_list("id", "type", "currency")
    kinds = {account: (kind, currency) for account, kind, currency in fixed}
    closing = balances.snapshots_of(close.tenant_id, close.business_date, revision=close.revision)
    since = "" if close.stands else f"JOIN journals j ON j.id = p.journal_id {_RECORDED}"
    found = _rows(_MOVED.format(recorded=since), close)
    moved = {account: (int(debit), int(credit)) for account, debit, credit in found}
    for account, code, name in sorted(chart, key=lambda row: (*kinds[row[0]], row[1])):
        (kind, currency), end = kinds[account], closing.get(account, 0)
        debit, credit = moved.get(account, (0, 0))
        if end or debit or credit:
            opening = _sides(end - debit + credit, currency)
            amounts = (to_decimal_text(debit, currency), to_decimal_text(credit, currency))
            yield (code, name, kind, currency, *opening, *amounts, *_sides(end, currency))


def _journal_rows(close: DayClose) -> Iterator[Row]:
    for row in _rows(_JOURNALS.format(recorded="" if close.stands else _RECORDED), close):
        journal, kind, source, key, revision, reverses, reference, late, occurred, recorded = row[:10]
        line, code, currency, minor = row[10:]
        yield (
            str(journal), str(line), kind, source, key, str(revision), str(reverses or ""), reference,
            "yes" if late else "", _instant(occurred), _instant(recorded), code, currency, *_sides(minor, currency),
        )  # fmt: skip


def _held_rows(close: DayClose) -> Iterator[Row]:
    cases = DayCloseException.objects.filter(tenant_id=close.tenant_id, close=close).order_by("created_at", "case_id")
    for case in cases.iterator(_CHUNK):
        known = case.amount_at_risk_minor is not None and is_currency(case.currency)
        risk = to_decimal_text(case.amount_at_risk_minor or 0, case.currency) if known else ""
        yield (
            str(case.case_id), case.idempotency_key, case.store_code, case.reason_code, case.status, risk,
            case.currency, _instant(case.created_at), _instant(case.resolved_at), case.resolution_action,
            case.resolution_actor,
        )  # fmt: skip


def _drawer_rows(close: DayClose) -> Iterator[Row]:
    yesterday = close.business_date - timedelta(days=1)
    stores = as_jsonb(Clocks.of(close.tenant).ends(starts=yesterday, ends=close.business_date))
    for row in _rows(_DRAWERS, close, stores=stores):
        drawer, store, register, currency, number, opened, opened_by, closed, closed_by, *amounts, notes = row
        yield (
            str(drawer), store, register, currency, str(number), _instant(opened), opened_by, _instant(closed),
            closed_by, *(to_decimal_text(int(minor), currency) for minor in amounts), notes,
        )  # fmt: skip


def _sides(minor: int, currency: str) -> tuple[str, str]:
    """(debit, credit): an amount stands on one side, and never has a sign."""
    text = to_decimal_text(abs(minor), currency) if minor else ""
    return (text, "") if minor > 0 else ("", text)


def _rows(sql: str, close: DayClose, **more: Any) -> Iterator[tuple[Any, ...]]:
    """Through a cursor of the server's: a day may have any number of postings."""
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


def _instant(value: datetime | None) -> str:
    return value.isoformat().replace("+00:00", "Z") if value is not None else ""
