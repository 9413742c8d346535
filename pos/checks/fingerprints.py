"""Check the hashes of kept bodies (I01) and the fingerprints of effective and patched payloads (I08).

Rows are streamed one at a time, so memory does not depend on how much has been kept.
"""

from collections.abc import Iterator
from typing import Final

from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation, by_sql
from ledgersafe.values import exact_json
from ledgersafe.values.exact_json import UnreadableBody

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

#: Bodies of every key's effective version, as patched or as received, and of every patched version.
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

#: Keys whose effective journal was, by its decision, made of a version other than the effective one.
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


INVARIANTS: Final = (
    Invariant(
        "I01",
        "Every bronze row's SHA-256 is that of its bytes (a redacted row carries a keyed MAC instead).",
        by_sql(_HASHES),
    ),
    Invariant("I08", "The effective journal was built from the effective payload.", _effective_payloads),
)
