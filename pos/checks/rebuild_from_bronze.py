"""Invariants that read every kept byte again: hashes, fingerprints, journals derived anew, card numbers.

They stream: one row at a time, whatever has been kept. What is derived uses the pure functions that ingest uses
(`pos.arrivals.read_arrival`, `pos.rules.draft_of`), so a difference is a change of the books or of the rules, never of
a copy.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final

from django.db.models import CharField, JSONField, Model, TextField

from ledger.accounts.chart import AccountRef
from ledger.calendar.business_days import business_date_of
from ledger.fx.conversion import NO_RATES, Rate, Rates
from ledger.journals.draft import DraftLine, JournalDraft
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation, by_sql
from ledgersafe.tenants.references import row_key_of, row_name, since_column, tenant_models
from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.exact_json import UnreadableBody
from pos.arrivals import device_clock, read_arrival
from pos.contract import Event, Hold
from pos.models.figures import Figures
from pos.references import Original, Usage
from pos.rules import MIRROR, draft_against, draft_of, mirrored

# ── I01, I08: hashes and fingerprints ───────────────────────────────────────────────────────────
_HASHES: Final = """
SELECT r.tenant_id, 'events_raw', r.id::text,
       CASE WHEN r.raw_sha256 IS NULL THEN 'is redacted and has no keyed MAC of 32 bytes'
            WHEN r.raw_length <> length(r.raw_body) THEN 'has ' || length(r.raw_body) || ' bytes, ' || r.raw_length
                 || ' were received'
            ELSE 'bytes and SHA-256 differ' END
FROM events_raw r
WHERE %(tenant)s IN (0, r.tenant_id) AND r.received_at >= %(since)s::date
  AND CASE WHEN r.raw_sha256 IS NULL THEN r.redacted_mac IS NULL OR length(r.redacted_mac) <> 32
      ELSE r.raw_sha256 <> sha256(r.raw_body) OR r.raw_length <> length(r.raw_body) OR r.redacted_mac IS NOT NULL END
"""

#: The body of a key's effective version: as patched by an operator, or as it arrived; and of every patched version.
_EFFECTIVE_BODIES: Final = """
SELECT k.tenant_id, 'events_processed', k.id, 'key ' || k.idempotency_key || ': the effective version',
       k.effective_hash, coalesce(convert_to(v.patched_body, 'UTF8'), r.raw_body)
FROM events_processed k JOIN events_raw r ON r.id = k.effective_raw_id
LEFT JOIN event_versions v ON v.tenant_id = k.tenant_id AND v.event_key_id = k.id AND v.payload_hash = k.effective_hash
WHERE k.status = 'processed' AND %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
UNION ALL
SELECT v.tenant_id, 'event_versions', v.id, 'the patched version', v.payload_hash, convert_to(v.patched_body, 'UTF8')
FROM event_versions v
WHERE v.patched_body IS NOT NULL AND %(tenant)s IN (0, v.tenant_id) AND v.created_at >= %(since)s::date
"""

#: What a decision says its journal was made of is what stands: of an effective journal, the effective version.
_DECIDED_HASHES: Final = """
SELECT k.tenant_id, 'events_processed', k.id::text,
       'key ' || k.idempotency_key || ': its journal was made of another version than the effective one'
FROM events_processed k
LEFT JOIN exception_resolutions x ON x.tenant_id = k.tenant_id AND x.journal_id = k.journal_id
WHERE k.status = 'processed' AND k.journal_id IS NOT NULL
  AND coalesce(x.final_payload_sha256, k.payload_hash_first) <> k.effective_hash
  AND %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
"""


def _effective_payloads(snapshot: Snapshot) -> Iterator[Violation]:
    for tenant_id, table, row_id, what, payload_hash, body in snapshot.rows(_EFFECTIVE_BODIES):
        if _fingerprint(bytes(body)) != payload_hash:
            yield Violation(tenant_id, table, str(row_id), f"{what} has another payload than its fingerprint says")
    yield from by_sql(_DECIDED_HASHES)(snapshot)


def _fingerprint(body: bytes) -> bytes | None:
    try:
        return exact_json.fingerprint(exact_json.canonical_text(exact_json.parse_object(exact_json.decode(body))))
    except UnreadableBody:
        return None


# ── I00: derive every journal again ─────────────────────────────────────────────────────────────
#: The rules by the version that journals name. A new version is added here; none is ever taken away.
_RULES: Final[dict[int, Callable[[Event, Original | None, Rates], JournalDraft | Hold]]] = {
    1: lambda event, _, rates: draft_of(event, rates, version=1),
    2: lambda event, original, rates: _draft_of(event, original, rates),
}

#: When a rate held is no matter of the rules: which one was used is kept, and checked by I22.
_EVER: Final = datetime.min.replace(tzinfo=UTC)

#: Sources of journals whose cause is no till event; whoever adds one says in an invariant of its own what caused them.
OTHER_SOURCES: tuple[str, ...] = ("transfer", "fx", "drawer", "transaction")  # I34, I22 and I27 know their causes

_CAUSELESS: Final = """
SELECT j.tenant_id, 'journals', j.id::text, 'has no cause: there is no ' || j.source || ' ' || j.source_key
FROM journals j LEFT JOIN events_processed k
     ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key AND j.source IN ('event', 'correction')
WHERE j.reverses_id IS NULL AND k.id IS NULL AND j.source <> ALL(%(other_sources)s)
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
"""

#: Every journal an event caused, also those reversed since, with the body it was made of: what a decision chose, or the
#: first arrival; of one about another event, also the body and lines of the journal it was derived from. And every
#: processed key that caused none.
_CAUSES: Final = """
SELECT j.tenant_id, k.id, t.base_currency, coalesce(convert_to(v.patched_body, 'UTF8'), r.raw_body),
       ARRAY[r.occurred_at, r.corrected_at], j.id,
       coalesce(convert_to(bv.patched_body, 'UTF8'), br.raw_body),
       (SELECT array_agg(ARRAY[a.role, a.qualifier, a.currency, p.amount_minor::text] ORDER BY p.line_no)
        FROM postings p LEFT JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = b.id),
       j.source, j.rules_version, j.kind, j.occurred_at, j.external_ref,
       CASE WHEN NOT j.is_late THEN j.business_date END,
       (SELECT array_agg(ARRAY[a.role, a.qualifier, a.currency, p.amount_minor::text] ORDER BY p.line_no)
        FROM postings p LEFT JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = j.id),
       (SELECT array_agg(ARRAY[c.source_currency, r.base, r.quote, r.rate::text])
        FROM fx_conversions c JOIN fx_rates r ON r.id = c.rate_id
        WHERE c.tenant_id = j.tenant_id AND c.journal_id = j.id)
FROM journals j
JOIN tenants t ON t.id = j.tenant_id
JOIN events_processed k ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key
LEFT JOIN exception_resolutions x ON x.tenant_id = j.tenant_id AND x.journal_id = j.id
LEFT JOIN event_versions v ON v.tenant_id = j.tenant_id AND v.event_key_id = k.id
                              AND v.payload_hash = x.final_payload_sha256
LEFT JOIN events_raw r ON r.id = coalesce(v.first_raw_id, k.first_raw_id)
LEFT JOIN sale_references f ON f.tenant_id = j.tenant_id AND f.event_key = j.source_key AND f.sign = 1
                               AND (f.journal_id = j.id OR (j.source = 'correction' AND f.kind = 'CORRECTION'))
LEFT JOIN journals b ON b.id = f.base_journal_id
LEFT JOIN events_processed bk ON bk.tenant_id = b.tenant_id AND bk.idempotency_key = b.source_key
LEFT JOIN exception_resolutions bx ON bx.tenant_id = b.tenant_id AND bx.journal_id = b.id
LEFT JOIN event_versions bv ON bv.tenant_id = b.tenant_id AND bv.event_key_id = bk.id
                               AND bv.payload_hash = bx.final_payload_sha256
LEFT JOIN events_raw br ON br.id = coalesce(bv.first_raw_id, bk.first_raw_id)
WHERE j.source IN ('event', 'correction') AND j.reverses_id IS NULL
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
UNION ALL
SELECT k.tenant_id, k.id, t.base_currency, coalesce(convert_to(v.patched_body, 'UTF8'), r.raw_body),
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM events_processed k
JOIN tenants t ON t.id = k.tenant_id
JOIN events_raw r ON r.id = k.effective_raw_id
LEFT JOIN event_versions v ON v.tenant_id = k.tenant_id AND v.event_key_id = k.id AND v.payload_hash = k.effective_hash
WHERE k.status = 'processed' AND k.journal_id IS NULL
  AND %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
"""


#: By which clocks days are cut: a tenant's, and of its stores in other time zones.
_CLOCKS: Final = """
SELECT t.id, t.cut_off_hour, t.cut_off_minute, coalesce(s.code, ''), coalesce(s.time_zone, t.time_zone)
FROM tenants t CROSS JOIN LATERAL (
    SELECT NULL AS code, NULL AS time_zone UNION ALL
    SELECT code, time_zone FROM stores WHERE tenant_id = t.id AND time_zone <> '') s
WHERE %(tenant)s IN (0, t.id)
"""


def _derive_again(snapshot: Snapshot) -> Iterator[Violation]:
    yield from by_sql(_CAUSELESS, other_sources=list(OTHER_SOURCES))(snapshot)
    dated_by = {(row[0], row[3]): (time(row[1], row[2]), row[4]) for row in snapshot.rows(_CLOCKS)}
    rows = snapshot.rows(_CAUSES)
    for tenant_id, key_id, currency, body, instants, journal_id, base_body, base_lines, *journal, used in rows:
        event = read_arrival(bytes(body or b""), base_currency=currency).reading
        if not isinstance(event, Event):
            difference: str | None = "the effective arrival is no event that can be posted"
        elif journal_id is None:
            difference = _posts_nothing(event)
        else:
            base = read_arrival(bytes(base_body or b""), base_currency=currency).reading
            original = _original(base, base_lines) if isinstance(base, Event) else None
            event = device_clock.as_kept(event, *instants)
            cut_off, zone = dated_by.get((tenant_id, event.store_code)) or dated_by[tenant_id, ""]
            own_day = partial(business_date_of, time_zone=zone, cut_off=cut_off)
            difference = _difference(event, original, _rates(used), own_day, *journal)
        if difference is not None:
            row = ("journals", str(journal_id)) if journal_id else ("events_processed", str(key_id))
            yield Violation(tenant_id, *row, difference)


def _rates(used: list[list[str]] | None) -> Rates:
    """The rates a journal was made by, as they were kept beside it."""
    return {currency: Rate(0, base, quote, Decimal(value), _EVER) for currency, base, quote, value in used or ()}


def _posts_nothing(event: Event) -> str | None:
    """A key without journal keeps no rules version: some version must make nothing of its event."""
    drafts = [_draft(event, None, version) for version in _RULES]
    if any(isinstance(draft, JournalDraft) and not draft.lines for draft in drafts):
        return None
    return f"key {event.event_id} is processed without journal, but the rules post this {event.event_type}"


def _original(event: Event, lines: list[list[str]]) -> Original:
    """What an event was derived from. How much was left of it then is not asked again: I41 knows what counts."""
    booked = (DraftLine(AccountRef(role, currency, which), int(amount)) for role, which, currency, amount in lines)
    return Original("", event, 0, date.min, tuple(booked), Figures(), Usage(is_counted=False))


def _draft_of(event: Event, original: Original | None, rates: Rates) -> JournalDraft | Hold:
    if original is None:
        return draft_of(event, rates)
    referred = draft_against(event, original, rates)
    return referred if isinstance(referred, Hold) else referred.draft


def _difference(
    event: Event,
    original: Original | None,
    rates: Rates,
    own_day: Callable[[datetime], date],
    source: str,
    version: int,
    kind: str,
    occurred_at: Any,
    external_ref: str,
    own_date: Any,
    lines: list[list[str]],
) -> str | None:
    """What is different in the journal that the rules it names would make today, or None."""
    if source == "correction":  # the mirror of what it replaces
        draft: JournalDraft | str = mirrored(MIRROR, original.lines) if original else "mirrors no journal of a sale"
    else:
        draft = _draft(event, original, version, rates)
    if not isinstance(draft, JournalDraft):
        return draft
    derived = [[*_account(line.account), str(line.amount_minor)] for line in draft.lines]
    facts = (
        ("kind", kind, draft.kind),
        ("occurred_at", occurred_at, event.occurred_at),
        ("external_ref", external_ref, event.txn_id),
        ("business_date", own_date, own_date and (event.business_date or own_day(occurred_at))),
        ("lines", lines or [], derived),
    )
    wrong = next(((name, booked, rule) for name, booked, rule in facts if booked != rule), None)
    return f"{wrong[0]} is {_shown(wrong[1])}, the rules give {_shown(wrong[2])}" if wrong else None


def _draft(event: Event, original: Original | None, version: int, rates: Rates = NO_RATES) -> JournalDraft | str:
    """The journal by the rules of that version, or why there is none."""
    if version not in _RULES:
        return f"names posting rules {version}, which this release does not have"
    try:
        draft = _RULES[version](event, original, rates)
    except Exception as error:  # a rule that fails is a finding, not an end of the verification
        return f"rules {version} fail on its event ({type(error).__name__}: {error})"
    return draft if isinstance(draft, JournalDraft) else f"rules {version} hold its event: {draft.reason_code}"


def _account(ref: Any) -> tuple[str, str, str]:
    return ref.role, ref.qualifier, ref.currency


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ", ".join("/".join(part or "?" for part in line) for line in value)[:300] or "nothing"


# ── I40: card numbers ───────────────────────────────────────────────────────────────────────────
_BODIES: Final = """
SELECT r.tenant_id, r.id, r.raw_body FROM events_raw r
WHERE %(tenant)s IN (0, r.tenant_id) AND r.received_at >= %(since)s::date
"""
#: Whatever could be a card number begins like this; rows without it do not leave the database.
_SUSPICIOUS: Final = r"[2-6][0-9]{3}[ -]?[0-9]{4}|3[0-9]{3}[ -][0-9]{6}"
_ESCAPE: Final = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|([bfnrt])|(.))", re.DOTALL)


def _no_card_numbers(snapshot: Snapshot) -> Iterator[Violation]:
    for tenant_id, raw_id, body in snapshot.rows(_BODIES):
        if _holds_pan(bytes(body).decode("utf-8", "replace")):
            yield Violation(tenant_id, "events_raw", str(raw_id), "raw_body holds a card number")
    for model in tenant_models():
        yield from _columns_without_card_numbers(model, snapshot)


def _columns_without_card_numbers(model: type[Model], snapshot: Snapshot) -> Iterator[Violation]:
    columns, statement = _texts_of(model)
    if not columns:
        return
    for tenant_id, row, *values in snapshot.rows(statement, suspicious=_SUSPICIOUS):
        for column, value in zip(columns, values, strict=True):
            if value is not None and _holds_pan(value):
                yield Violation(tenant_id, model._meta.db_table, row, f"{column} holds a card number")


@cache
def _texts_of(model: type[Model]) -> tuple[list[str], str]:
    """Every column that holds text, and the statement that reads those of suspicious rows."""
    columns = [str(c.column) for c in model._meta.concrete_fields if isinstance(c, CharField | TextField | JSONField)]
    table, since = model._meta.db_table, since_column(model)
    texts = ", ".join(f"x.{column}::text" for column in columns)
    statement = f"""
        SELECT x.tenant_id, {row_name(row_key_of(model))}, {texts} FROM {table} x
        WHERE %(tenant)s IN (0, x.tenant_id) AND concat_ws(E'\\n', {texts}) ~ %(suspicious)s
        {f"AND x.{since} >= %(since)s::date" if since else ""}"""  # noqa: S608  names from our own models
    return columns, statement


def _holds_pan(text: str) -> bool:
    """Also one that stands behind JSON escapes, or is written as a decimal or with an exponent."""
    if card_numbers.contains_pan(text):
        return True
    if "\\" in text and card_numbers.contains_pan(_ESCAPE.sub(_unescaped, text)):
        return True
    try:
        value = exact_json.parse_object(text)
    except UnreadableBody:
        return False
    return card_numbers.contains_pan(exact_json.canonical_text(value))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "\n" if escape[2] else escape[3]


INVARIANTS: Final = (
    Invariant(
        "I00",
        "Rebuilding from bronze and decisions with the pure rules gives identical journals.",
        _derive_again,
    ),
    Invariant(
        "I01",
        "Every bronze row's SHA-256 is that of its bytes (a redacted row carries a keyed MAC instead).",
        by_sql(_HASHES),
    ),
    Invariant("I08", "The effective journal was built from the effective payload.", _effective_payloads),
    Invariant("I40", "No card number stands in any column.", _no_card_numbers),
)
