"""JSON of a case with everything needed to decide it: `GET /v1/exceptions/{id}`."""

from typing import Any

from exceptions.desk.serializers import case_detail, proposal_item
from exceptions.models import ExceptionCase
from exceptions.patching import diff
from exceptions.waiting import list_waiting
from ledgersafe.http.rendering import instant
from pos.arrivals import queries
from pos.arrivals.payloads import arrival_item, payload_of, payload_value
from pos.models import EventKey, EventVersion, RawEvent


def show_case(case: ExceptionCase, *, bound_to: str | None = None) -> dict[str, Any]:
    """JSON of a case: its arrival, the key's state, every version, the diff of first and last, open proposals.

    Five statements, whatever the number of versions.

    :param bound_to: the store of the caller's key: payloads that another store sent under the same id stay hidden.
    """
    key = queries.get_key(case.tenant_id, case.idempotency_key)
    versions = queries.list_versions(key) if key else []
    raw_ids = {case.raw_id} | ({key.first_raw_id, key.last_raw_id} if key else set())
    arrivals = queries.list_raw(case.tenant_id, raw_ids | {version.first_raw_id for version in versions})
    if bound_to is not None:
        arrivals = {raw_id: row for raw_id, row in arrivals.items() if row.store_code == bound_to}
    first, last = (arrivals.get(key.first_raw_id), arrivals.get(key.last_raw_id)) if key else (None, None)
    return {
        "exception": case_detail(case),
        "raw_event": _raw_event(arrivals.get(case.raw_id)),
        "events_processed": _key_state(case, key) if key else None,
        "first_raw_event": _raw_event(first),
        "last_raw_event": _raw_event(last),
        "versions": _versions(key, versions, arrivals) if key else [],
        "diff": _changes(first, last, versions, arrivals),
        "proposals": [proposal_item(proposal) for proposal in list_waiting([case])],
    }


def _changes(
    first: RawEvent | None, last: RawEvent | None, versions: list[EventVersion], arrivals: dict[int, RawEvent]
) -> list[dict[str, Any]]:
    """Diff of the first payload and the last different one: the last arrival may be a retry of the first payload."""
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
    """Every payload of the key, first one first, each with its disposition."""
    first_hash = bytes(key.payload_hash_first)
    effective = bytes(key.effective_hash) if key.effective_hash else None
    dispositions = {bytes(version.payload_hash): version.disposition for version in rest}
    first_disposition = dispositions.get(first_hash) or ("effective" if effective == first_hash else "held")
    rows = [(first_hash, key.first_raw_id, first_disposition)]
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
