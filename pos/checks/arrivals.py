"""Check arrivals, outcomes, keys and the journals they cause, by one statement per invariant.

`INVARIANTS` lists those of the whole app. Invariants that read the received bytes again are in
`rebuild_from_bronze`, `fingerprints` and `stored_card_numbers`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation, by_sql
from ledgersafe.tenants.references import Reference, disagreements, tenant_references
from pos.checks import content, daily_sales, devices, fingerprints, rebuild_from_bronze, sales, stored_card_numbers

#: Columns that name an arrival without a foreign key: (table, its key, column).
_ARRIVALS_NAMED: Final = (
    ("event_outcomes", "raw_event_id", "raw_event_id"),
    ("events_processed", "id", "first_raw_id"),
    ("events_processed", "id", "last_raw_id"),
    ("events_processed", "id", "effective_raw_id"),
    ("event_versions", "id", "first_raw_id"),
    ("exceptions", "id", "raw_id"),
)

_IN_BRONZE: Final = "\nUNION ALL ".join(
    f"""
    SELECT x.tenant_id, '{table}', x.{key}::text, '{column} ' || x.{column} || ' is not in bronze'
    FROM {table} x LEFT JOIN events_raw r ON r.id = x.{column}
    WHERE x.{column} IS NOT NULL AND r.id IS NULL AND %(tenant)s IN (0, x.tenant_id)"""  # noqa: S608  literals above
    for table, key, column in _ARRIVALS_NAMED
)

_ONE_OUTCOME: Final = """
SELECT r.tenant_id, 'events_raw', r.id::text, 'has ' || count(o.raw_event_id) || ' outcomes'
FROM events_raw r LEFT JOIN event_outcomes o ON o.raw_event_id = r.id
WHERE %(tenant)s IN (0, r.tenant_id) AND r.received_at >= %(since)s::date
GROUP BY r.id HAVING count(o.raw_event_id) <> 1
"""

#: An arrival that was not rejected belongs to the key it names. `first` is the arrival that took the key: under
#: contention not always the lowest raw id, so it only has to be one of the key's own. Not materialized: each key finds
#: its arrivals by index; without statistics a materialized list would be compared row by row.
_KEYS_COUNT: Final = """
WITH keys AS (
    SELECT * FROM events_processed k WHERE %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
), own AS NOT MATERIALIZED (
    SELECT r.* FROM events_raw r JOIN event_outcomes o ON o.raw_event_id = r.id
    WHERE %(tenant)s IN (0, r.tenant_id) AND o.result <> 'rejected'
)
SELECT k.tenant_id, 'events_processed', k.id::text, 'key ' || k.idempotency_key || ': '
       || concat_ws(', ',
            CASE WHEN count(r.id) <> k.arrivals THEN k.arrivals || ' arrivals counted, ' || count(r.id) || ' kept' END,
            CASE WHEN max(r.id) IS DISTINCT FROM k.last_raw_id THEN 'last is ' || k.last_raw_id || ', not '
                 || coalesce(max(r.id)::text, 'any') END,
            CASE WHEN count(*) FILTER (WHERE r.id = k.first_raw_id AND r.payload_sha256 = k.payload_hash_first
                                       AND r.received_at = k.first_seen_at) = 0 THEN 'first is not as kept' END,
            CASE WHEN count(*) FILTER (WHERE r.id = k.last_raw_id AND r.payload_sha256 = k.payload_hash_last) = 0
                      OR max(r.received_at) <> k.last_seen_at THEN 'last is not as kept' END)
FROM keys k LEFT JOIN own r ON r.tenant_id = k.tenant_id AND r.event_id = k.idempotency_key
GROUP BY k.id, k.tenant_id, k.idempotency_key, k.arrivals, k.first_raw_id, k.last_raw_id, k.payload_hash_first,
         k.payload_hash_last, k.first_seen_at, k.last_seen_at
HAVING count(r.id) <> k.arrivals OR max(r.id) IS DISTINCT FROM k.last_raw_id
    OR max(r.received_at) IS DISTINCT FROM k.last_seen_at
    OR count(*) FILTER (WHERE r.id = k.first_raw_id AND r.payload_sha256 = k.payload_hash_first
                        AND r.received_at = k.first_seen_at) = 0
    OR count(*) FILTER (WHERE r.id = k.last_raw_id AND r.payload_sha256 = k.payload_hash_last) = 0
UNION ALL
SELECT r.tenant_id, 'events_raw', r.id::text, 'was not rejected and belongs to no key'
FROM own r LEFT JOIN events_processed k ON k.tenant_id = r.tenant_id AND k.idempotency_key = r.event_id
WHERE k.id IS NULL AND r.received_at >= %(since)s::date
UNION ALL
SELECT v.tenant_id, 'event_versions', v.id::text, 'did not arrive first as ' || v.first_raw_id
FROM event_versions v
JOIN events_processed k ON k.id = v.event_key_id
LEFT JOIN own r ON r.id = v.first_raw_id AND r.event_id = k.idempotency_key
                   AND (r.payload_sha256 = v.payload_hash OR v.patched_body IS NOT NULL)
WHERE %(tenant)s IN (0, v.tenant_id) AND v.created_at >= %(since)s::date AND r.id IS NULL
  AND EXISTS (SELECT FROM events_raw b WHERE b.id = v.first_raw_id)
"""

_FIRST_TO_POST: Final = """
SELECT r.tenant_id, 'event_outcomes', r.id::text,
       'key ' || r.event_id || ' was posted first by this arrival, and by ' || min(f.id)
FROM events_raw r
JOIN event_outcomes o ON o.raw_event_id = r.id AND o.result = 'processed'
JOIN events_raw f ON f.tenant_id = r.tenant_id AND f.event_id = r.event_id AND f.id < r.id
JOIN event_outcomes fo ON fo.raw_event_id = f.id AND fo.result = 'processed'
WHERE %(tenant)s IN (0, r.tenant_id) AND r.received_at >= %(since)s::date
GROUP BY r.id
"""

#: Keys beside the effective journals of the same name. Grouped, not joined: no plan can make it quadratic.
_KEYS_AND_JOURNALS: Final = """
WITH facts AS (
    SELECT k.tenant_id, k.idempotency_key AS key, k.id, k.status, k.journal_id AS named, NULL::bigint AS effective
    FROM events_processed k WHERE %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
    UNION ALL
    SELECT j.tenant_id, j.source_key, NULL, NULL, NULL, j.id
    FROM journals j LEFT JOIN journals x ON x.tenant_id = j.tenant_id AND x.reverses_id = j.id
    WHERE %(tenant)s IN (0, j.tenant_id) AND j.source = 'event' AND j.reverses_id IS NULL AND x.id IS NULL
)
SELECT tenant_id, 'events_processed', min(id)::text, 'key ' || key || ' is ' || min(status) || ', names journal '
       || coalesce(min(named)::text, 'none') || '; effective: ' || coalesce(string_agg(effective::text, ', '), 'none')
FROM facts GROUP BY tenant_id, key
"""

#: A processed key without any journal is left to I00, which knows whether its event posts anything.
_PROCESSED_KEYS: Final = f"""{_KEYS_AND_JOURNALS}
HAVING min(status) = 'processed' AND (count(effective) > 1 OR min(effective) IS DISTINCT FROM min(named))
"""

_UNPOSTED_KEYS: Final = f"""{_KEYS_AND_JOURNALS}
HAVING min(status) <> 'processed' AND (count(effective) > 0 OR min(named) IS NOT NULL)
"""

_OPEN_CASES: Final = """
SELECT e.tenant_id, 'exceptions', e.id::text, 'key ' || e.idempotency_key || ' has an earlier open exception'
FROM exceptions e
WHERE e.status = 'open' AND %(tenant)s IN (0, e.tenant_id) AND e.created_at >= %(since)s::date AND EXISTS (
    SELECT FROM exceptions f WHERE f.tenant_id = e.tenant_id AND f.idempotency_key = e.idempotency_key
    AND f.status = 'open' AND (f.created_at, f.id) < (e.created_at, e.id))
UNION ALL
SELECT k.tenant_id, 'events_processed', k.id::text, 'key ' || k.idempotency_key || ' is held without open exception'
FROM events_processed k
WHERE k.status = 'quarantined' AND %(tenant)s IN (0, k.tenant_id) AND k.last_seen_at >= %(since)s::date
  AND NOT EXISTS (SELECT FROM exceptions e WHERE e.tenant_id = k.tenant_id
                  AND e.idempotency_key = k.idempotency_key AND e.status = 'open')
UNION ALL
SELECT e.tenant_id, 'exceptions', e.id::text, 'is about key ' || e.idempotency_key || ', which does not exist'
FROM exceptions e LEFT JOIN events_processed k ON k.tenant_id = e.tenant_id AND k.idempotency_key = e.idempotency_key
WHERE %(tenant)s IN (0, e.tenant_id) AND e.created_at >= %(since)s::date AND k.id IS NULL
"""

#: A version may be held only while its key has an open exception.
_STUCK: Final = """
SELECT v.tenant_id, 'event_versions', v.id::text, 'is held, and its key has no open exception'
FROM event_versions v JOIN events_processed k ON k.id = v.event_key_id
WHERE v.disposition = 'held' AND %(tenant)s IN (0, v.tenant_id) AND v.created_at >= %(since)s::date
  AND NOT EXISTS (SELECT FROM exceptions e WHERE e.tenant_id = k.tenant_id
                  AND e.idempotency_key = k.idempotency_key AND e.status = 'open')
"""


def _tenants_agree(snapshot: Snapshot) -> Iterator[Violation]:
    yield from by_sql(_references())(snapshot)


@cache
def _references() -> str:
    """Build the statement of I12 once the models are loaded. Missing arrivals are left to I02."""
    of_models = [reference for reference in tenant_references() if reference.target != "events_raw"]
    to_arrivals = [
        Reference(table, key, column, "events_raw", dangling=False) for table, key, column in _ARRIVALS_NAMED
    ]
    return disagreements(of_models + to_arrivals)


INVARIANTS: Final = (
    *rebuild_from_bronze.INVARIANTS,
    *fingerprints.INVARIANTS,
    *stored_card_numbers.INVARIANTS,
    *content.INVARIANTS,
    *daily_sales.INVARIANTS,
    *devices.INVARIANTS,
    *sales.INVARIANTS,
    Invariant("I02", "Everything acknowledged with 200, 201 or 202 is in bronze.", by_sql(_IN_BRONZE)),
    Invariant("I03", "Every bronze row has reached exactly one outcome.", by_sql(_ONE_OUTCOME)),
    Invariant("I04", "A key's first, last and arrival count agree with bronze.", by_sql(_KEYS_COUNT)),
    Invariant("I05", "At most one arrival per key was the first to post.", by_sql(_FIRST_TO_POST)),
    Invariant(
        "I06",
        "Processed key ⇔ exactly one effective (not reversed) journal, or an event type that posts none.",
        by_sql(_PROCESSED_KEYS),
    ),
    Invariant("I07", "A never-posted key has no journal.", by_sql(_UNPOSTED_KEYS)),
    Invariant(
        "I09",
        "At most one open exception per key; a never-posted quarantined key has exactly one.",
        by_sql(_OPEN_CASES),
    ),
    Invariant("I11", "Nothing stays in a transient state.", by_sql(_STUCK)),
    Invariant(
        "I12",
        "The tenant agrees along every reference.",
        _tenants_agree,
    ),
)
