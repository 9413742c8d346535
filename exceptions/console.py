"""What an operator sees of a case: the one place where held work looks up to the till's side.

The imports below are the explained exception in the layers contract. They are read-only here.
"""

from typing import Any

from exceptions.models import ExceptionCase
from exceptions.patching import diff
from exceptions.serializers import case_detail
from ledgersafe.api import instant
from pos import queries
from pos.models import EventKey, EventVersion, RawEvent
from pos.serializers import arrival_item, payload_of, payload_value


def show_case(case: ExceptionCase) -> dict[str, Any]:
    """The case with its arrival, the key's state, every version, and what changed from first to last.

    Four statements, whatever the number of versions.
    """
    key = queries.get_key(case.tenant_id, case.idempotency_key)
    versions = queries.list_versions(key) if key else []
    wanted = {case.raw_id} | ({key.first_raw_id, key.last_raw_id} if key else set())
    arrivals = queries.list_raw(case.tenant_id, wanted | {version.first_raw_id for version in versions})
    first, last = (arrivals.get(key.first_raw_id), arrivals.get(key.last_raw_id)) if key else (None, None)
    return {
        "exception": case_detail(case),
        "raw_event": _raw_event(arrivals.get(case.raw_id)),
        "events_processed": _key_state(case, key) if key else None,
        "first_raw_event": _raw_event(first),
        "last_raw_event": _raw_event(last),
        "versions": _versions(key, versions, arrivals) if key else [],
        "diff": _changes(first, last, versions, arrivals),
    }


def _changes(
    first: RawEvent | None, last: RawEvent | None, versions: list[EventVersion], arrivals: dict[int, RawEvent]
) -> list[dict[str, Any]]:
    """From the first payload to the last one that differs: the last arrival may have been a retry of the first."""
    if first is None or last is None:
        return []
    if versions and bytes(last.payload_sha256 or b"") == bytes(first.payload_sha256 or b""):
        last = arrivals.get(versions[-1].first_raw_id, last)
    return diff(payload_value(first), payload_value(last))


def _raw_event(row: RawEvent | None) -> dict[str, Any] | None:
    return arrival_item(row) | {"payload_json": payload_of(row)} if row else None


def _key_state(case: ExceptionCase, key: EventKey) -> dict[str, Any]:
    return {
        "tenant_id": case.tenant.slug,
        "idempotency_key": key.idempotency_key,
        "status": key.status,
        "first_raw_id": key.first_raw_id,
        "last_raw_id": key.last_raw_id,
        "first_seen_at": instant(key.first_seen_at),
        "last_seen_at": instant(key.last_seen_at),
        "processed_at": instant(key.processed_at),
        "payload_hash_first": bytes(key.payload_hash_first).hex(),
        "payload_hash_last": bytes(key.payload_hash_last).hex(),
        "last_error_code": key.last_error_code or None,
        "last_exception_id": str(key.last_exception_id) if key.last_exception_id else None,
        "arrivals": key.arrivals,
        "journal_id": key.journal_id,
    }


def _versions(key: EventKey, rest: list[EventVersion], arrivals: dict[int, RawEvent]) -> list[dict[str, Any]]:
    """Every payload of the key, the first one first, each with what was decided on it."""
    first_hash = bytes(key.payload_hash_first)
    effective = bytes(key.effective_hash) if key.effective_hash else None
    decided = {bytes(version.payload_hash): version.disposition for version in rest}
    of_first = decided.get(first_hash) or ("effective" if effective == first_hash else "held")
    rows = [(first_hash, key.first_raw_id, of_first)]
    rows += [
        (bytes(v.payload_hash), v.first_raw_id, v.disposition) for v in rest if bytes(v.payload_hash) != first_hash
    ]
    return [
        {
            "payload_hash": payload_hash.hex(),
            "first_raw_id": raw_id,
            "disposition": disposition,
            "payload_json": payload_of(arrivals[raw_id]) if raw_id in arrivals else None,
        }
        for payload_hash, raw_id, disposition in rows
    ]
