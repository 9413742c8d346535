"""Render arrivals and batch answers as JSON, and describe events for the OpenAPI schema. Ingest never runs these."""

import base64
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from ledgersafe.http.rendering import instant
from pos.arrivals.payloads import arrival_item, payload_of
from pos.contract import TENDER_METHODS
from pos.intake import Answer
from pos.models import RawEvent, Result


def arrival_detail(row: RawEvent) -> dict[str, Any]:
    """Build one arrival in full, with its bytes in base64."""
    return arrival_item(row) | {
        "raw_body_base64": base64.b64encode(bytes(row.raw_body)).decode(),
        "raw_sha256": bytes(row.raw_sha256).hex() if row.raw_sha256 else None,
        "raw_length": row.raw_length,
        "redacted": row.redacted_mac is not None,
        "headers": row.headers,
        "request_id": row.request_id,
        "device_sent_at": instant(row.device_sent_at),
        "corrected_at": instant(row.corrected_at),
        "payload_json": payload_of(row),
    }


def batch_answer(tenant_slug: str, events: Sequence[bytes], answers: Sequence[Answer]) -> dict[str, Any]:
    """Build the outcomes in the order sent, each with its status, and their counts by result."""
    stored = iter(answers)
    results = [
        _result(next(stored)) if len(event) <= settings.MAX_EVENT_BYTES else _too_large(tenant_slug) for event in events
    ]
    return {"results": results, "counts": dict(Counter(result["result"] for result in results))}


def _result(answer: Answer) -> dict[str, Any]:
    result = answer.as_dict()
    result["status"] = answer.status
    if answer.result is Result.REJECTED:
        result["detail"] = answer.detail
    return result


def _too_large(tenant_slug: str) -> dict[str, Any]:
    answer = Answer(tenant_slug, None, None, Result.REJECTED, reason_code="TOO_LARGE", refusal_status=413)
    return _result(answer)


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
class _Line(serializers.Serializer[Any]):
    sku = serializers.CharField()
    qty = serializers.DecimalField(max_digits=18, decimal_places=6, default=Decimal(1))
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, help_text="Before discounts and exclusive tax.")
    line_id = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    category = serializers.CharField(required=False)


class _Tender(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=sorted(TENDER_METHODS))
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, help_text="What is kept, net of change.")
    currency = serializers.CharField(required=False)
    processor = serializers.CharField(required=False)
    reference = serializers.CharField(
        required=False, help_text="What the payment is called elsewhere, like an authorisation; never a card number."
    )


class _Tax(serializers.Serializer[Any]):
    code = serializers.CharField()
    rate = serializers.DecimalField(max_digits=12, decimal_places=6)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4)
    inclusive = serializers.BooleanField(default=False)


class _Discount(serializers.Serializer[Any]):
    code = serializers.CharField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=4)


class _Tip(serializers.Serializer[Any]):
    amount = serializers.DecimalField(max_digits=18, decimal_places=4)
    employee_id = serializers.CharField(required=False)


class _References(serializers.Serializer[Any]):
    original_event_id = serializers.CharField(required=False)
    original_txn_id = serializers.CharField(required=False, help_text="When one sale of the store has it.")


class EventSerializer(serializers.Serializer[Any]):
    """The envelope; unknown fields are kept, never assigned."""

    schema_version = serializers.CharField(help_text="1.x")
    tenant_id = serializers.CharField()
    store_id = serializers.CharField()
    source_system = serializers.CharField()
    event_id = serializers.CharField(help_text="The idempotency key within the tenant.")
    event_type = serializers.CharField()
    occurred_at = serializers.DateTimeField(help_text="With an offset.")
    txn_id = serializers.CharField()
    source_event_id = serializers.CharField(required=False)
    register_id = serializers.CharField(required=False)
    device_id = serializers.CharField(required=False)
    device_seq = serializers.IntegerField(
        required=False, min_value=1, help_text="The device's own number of the event: each number once, none left out."
    )
    business_date = serializers.DateField(required=False)
    currency = serializers.CharField(required=False)
    total_amount = serializers.DecimalField(max_digits=18, decimal_places=4, required=False)
    line_items = _Line(many=True, required=False)
    tenders = _Tender(many=True, required=False)
    tax_lines = _Tax(many=True, required=False)
    discounts = _Discount(many=True, required=False)
    tips = _Tip(many=True, required=False)
    service_charges = _Tip(many=True, required=False)
    references = _References(
        required=False, help_text="What a RETURN, VOID, CANCEL, CORRECTION or TIP_ADJUST is about."
    )
    reason = serializers.CharField(required=False)


class AnswerSerializer(serializers.Serializer[Any]):
    """The answer to an arrival."""

    tenant_id = serializers.CharField()
    idempotency_key = serializers.CharField()
    raw_id = serializers.IntegerField()
    result = serializers.ChoiceField(choices=Result.choices)
    exception_id = serializers.UUIDField(allow_null=True)
    reason_code = serializers.CharField(allow_null=True)
    journal_id = serializers.IntegerField(allow_null=True)


class BatchSerializer(serializers.Serializer[Any]):
    """A batch."""

    events = EventSerializer(many=True)


class _BatchResult(AnswerSerializer):
    """The answer to one event of a batch; an unreadable one has no id, and one too large was not kept."""

    idempotency_key = serializers.CharField(allow_null=True)
    raw_id = serializers.IntegerField(allow_null=True)
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False, help_text="Why it was rejected.")


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """Outcomes in order."""

    results = _BatchResult(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class _ArrivalItem(serializers.Serializer[Any]):
    raw_id = serializers.IntegerField()
    tenant_id = serializers.CharField()
    store_id = serializers.CharField(allow_null=True)
    source_system = serializers.CharField(allow_null=True)
    schema_version = serializers.CharField(allow_null=True)
    received_at = serializers.DateTimeField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    event_id = serializers.CharField(allow_null=True)
    source_event_id = serializers.CharField(allow_null=True)
    event_type = serializers.CharField(allow_null=True)
    txn_id = serializers.CharField(allow_null=True)
    payload_hash = serializers.CharField(allow_null=True)
    result = serializers.CharField()
    reason_code = serializers.CharField(allow_null=True)
    exception_id = serializers.UUIDField(allow_null=True)
    journal_id = serializers.IntegerField(allow_null=True)


class ArrivalSerializer(_ArrivalItem):
    """An arrival as received."""

    raw_body_base64 = serializers.CharField()
    raw_sha256 = serializers.CharField(allow_null=True)
    raw_length = serializers.IntegerField()
    redacted = serializers.BooleanField()
    headers = serializers.DictField()
    request_id = serializers.CharField()
    device_sent_at = serializers.DateTimeField(allow_null=True, help_text="X-Device-Time: the device's own clock.")
    corrected_at = serializers.DateTimeField(
        allow_null=True, help_text="What the books use for occurred_at, where that clock was wrong."
    )
    payload_json = serializers.JSONField(allow_null=True)


class ArrivalPageSerializer(serializers.Serializer[Any]):
    """A page of arrivals."""

    items = _ArrivalItem(many=True)
    next_cursor = serializers.CharField(allow_null=True)
