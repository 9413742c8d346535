"""Render kept arrivals for people and programs: one arrival as JSON values, and the payload its bytes hold."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from ledgersafe.values.exact_json import Number, UnreadableBody, canonical_text, decimal_of, decode, parse_object
from pos.models import RawEvent


def arrival_item(row: RawEvent) -> dict[str, Any]:
    """Describe one arrival and its outcome, as a member of a list; instants in RFC 3339, UTC."""
    outcome = getattr(row, "outcome", None)
    return {
        "raw_id": row.id,
        "tenant_id": row.tenant.slug,
        "store_id": row.store_code,
        "source_system": row.source_system,
        "schema_version": row.schema_version,
        "received_at": _instant_text(row.received_at),
        "occurred_at": _instant_text(row.occurred_at),
        "event_id": row.event_id,
        "source_event_id": row.source_event_id,
        "event_type": row.event_type,
        "txn_id": row.txn_id,
        "payload_hash": bytes(row.payload_sha256).hex() if row.payload_sha256 else None,
        "result": outcome.result if outcome else None,
        "reason_code": (outcome.reason_code or None) if outcome else None,
        "exception_id": str(outcome.exception_id) if outcome and outcome.exception_id else None,
        "journal_id": outcome.journal_id if outcome else None,
    }


def payload_of(row: RawEvent) -> Any:
    """Return the payload in canonical JSON, numbers exact to the last digit; None when it cannot be read."""
    try:
        text = canonical_text(parse_object(decode(bytes(row.raw_body))))
    except UnreadableBody:
        return None
    return orjson.Fragment(text)


def payload_value(row: RawEvent) -> Any:
    """Parse the payload for comparing, every number a `Decimal`; None when it cannot be read."""
    try:
        return value_of_text(decode(bytes(row.raw_body)))
    except UnreadableBody:
        return None


def value_of_text(text: str) -> Any:
    """Parse a JSON object for comparing, every number a `Decimal`.

    :raises ledgersafe.values.exact_json.UnreadableBody: as `parse_object`.
    """
    return _exact(parse_object(text))


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    if isinstance(value, Number):
        return decimal_of(value)
    return Decimal(value) if type(value) is int else value


def _instant_text(value: datetime | None) -> str | None:
    # As `ledgersafe.http.rendering.instant`, which steps of the domain do not import.
    return value.isoformat().replace("+00:00", "Z") if value is not None else None
