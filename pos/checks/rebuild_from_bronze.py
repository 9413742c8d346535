"""Rebuild every journal from its arrival and decisions with the pure rules, and compare (I00).

Rows are streamed one at a time. The rebuild uses the functions of ingest (`pos.arrivals.read_arrival`,
`pos.rules.draft_of`), so a difference means that books or rules changed; there is no copy of the rules to drift.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any, Final

from ledger.accounts import AccountRef
from ledger.calendar import business_date_of
from ledger.fx import NO_RATES, Rate, Rates
from ledger.journals import DraftLine, JournalDraft
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation, by_sql
from pos.arrivals import device_clock, read_arrival
from pos.contract import Event, Hold
from pos.models.figures import Figures
from pos.references import Original, Usage
from pos.rules import MIRROR, draft_against, draft_of, mirrored

#: Posting rules by the version journals name. Add new versions; never remove one.
_RULES: Final[dict[int, Callable[[Event, Original | None, Rates], JournalDraft | Hold]]] = {
    1: lambda event, _, rates: draft_of(event, rates, version=1),
    2: lambda event, original, rates: _draft_of(event, original, rates),
}

#: The rules do not depend on when a rate was valid: the rate used is kept, and I22 checks it.
_EVER: Final = datetime.min.replace(tzinfo=UTC)

#: Sources of journals not caused by till events. Whoever adds one also adds an invariant that checks the cause.
OTHER_SOURCES: tuple[str, ...] = ("transfer", "fx", "drawer", "transaction")  # I34, I22 and I27 know their causes

_CAUSELESS: Final = """
SELECT j.tenant_id, 'journals', j.id::text, 'has no cause: there is no ' || j.source || ' ' || j.source_key
FROM journals j LEFT JOIN events_processed k
     ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key AND j.source IN ('event', 'correction')
WHERE j.reverses_id IS NULL AND k.id IS NULL AND j.source <> ALL(%(other_sources)s)
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
"""

#: Every journal an event caused, reversed ones included, with the body it was made of: the version a decision chose, or
#: the first arrival. For an event that refers to another one, also the body and lines of the journal it was derived
#: from. Then every processed key without a journal.
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


#: Cut-off and time zone by tenant and by store with a time zone of its own.
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
    """Read the rates kept beside a journal, by currency."""
    return {currency: Rate(0, base, quote, Decimal(value), _EVER) for currency, base, quote, value in used or ()}


def _posts_nothing(event: Event) -> str | None:
    """Explain why a key without journal should have one, or return None.

    Such a key keeps no rules version: at least one version must draft no lines for its event.
    """
    drafts = [_draft(event, None, version) for version in _RULES]
    if any(isinstance(draft, JournalDraft) and not draft.lines for draft in drafts):
        return None
    return f"key {event.event_id} is processed without journal, but the rules post this {event.event_type}"


def _original(event: Event, lines: list[list[str]]) -> Original:
    """Build the original an event was derived from. Its remaining amounts are not checked here, but by I41."""
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
    """Name the first field in which a journal differs from the one its rules make today, or return None."""
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
    return f"{wrong[0]} is {_in_words(wrong[1])}, the rules give {_in_words(wrong[2])}" if wrong else None


def _draft(event: Event, original: Original | None, version: int, rates: Rates = NO_RATES) -> JournalDraft | str:
    """Draft the journal by a version of the rules, or return why there is none."""
    if version not in _RULES:
        return f"names posting rules {version}, which this release does not have"
    try:
        draft = _RULES[version](event, original, rates)
    except Exception as error:  # a failing rule is a finding and must not end the verification
        return f"rules {version} fail on its event ({type(error).__name__}: {error})"
    return draft if isinstance(draft, JournalDraft) else f"rules {version} hold its event: {draft.reason_code}"


def _account(ref: Any) -> tuple[str, str, str]:
    return ref.role, ref.qualifier, ref.currency


def _in_words(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ", ".join("/".join(part or "?" for part in line) for line in value)[:300] or "nothing"


INVARIANTS: Final = (
    Invariant(
        "I00",
        "Rebuilding from bronze and decisions with the pure rules gives identical journals.",
        _derive_again,
    ),
)
