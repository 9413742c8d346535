"""What held work looks like on the wire."""

from typing import Any

from rest_framework import serializers

from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from ledgersafe.api import instant
from ledgersafe.money import to_decimal_text


def case_item(case: ExceptionCase) -> dict[str, Any]:
    """One case of a list."""
    risk = case.amount_at_risk_minor
    return {
        "exception_id": str(case.id),
        "tenant_id": case.tenant.slug,
        "raw_id": case.raw_id,
        "idempotency_key": case.idempotency_key,
        "reason_code": case.reason_code,
        "status": case.status,
        "store_id": case.store_code or None,
        "assigned_to": case.assigned_to or None,
        "created_at": instant(case.created_at),
        "resolved_at": instant(case.resolved_at),
        "replay_attempts": case.replay_attempts,
        "last_replay_status": case.last_replay_status or None,
        "amount_at_risk": to_decimal_text(risk, case.currency) if risk is not None else None,
        "currency": case.currency or None,
    }


def case_detail(case: ExceptionCase) -> dict[str, Any]:
    """One case whole."""
    return case_item(case) | {
        "details_json": case.details,
        "override_patch": case.override_patch,
        "resolution_action": case.resolution_action or None,
        "resolution_notes": case.resolution_notes or None,
        "resolution_actor": case.resolution_actor or None,
        "last_replay_at": instant(case.last_replay_at),
    }


class CaseItemSerializer(serializers.Serializer[Any]):
    """One case of the inbox."""

    exception_id = serializers.UUIDField()
    tenant_id = serializers.CharField()
    raw_id = serializers.IntegerField()
    idempotency_key = serializers.CharField()
    reason_code = serializers.ChoiceField(choices=sorted(REASONS))
    status = serializers.ChoiceField(choices=CaseStatus.choices)
    store_id = serializers.CharField(allow_null=True)
    assigned_to = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    replay_attempts = serializers.IntegerField()
    last_replay_status = serializers.CharField(allow_null=True)
    amount_at_risk = serializers.CharField(allow_null=True, help_text="Decimal, in major units of `currency`.")
    currency = serializers.CharField(allow_null=True)


class CasePageSerializer(serializers.Serializer[Any]):
    """A page of the inbox."""

    items = CaseItemSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class CaseDetailSerializer(serializers.Serializer[Any]):
    """A case with everything needed to decide it."""

    exception = CaseItemSerializer()
    raw_event = serializers.DictField(allow_null=True)
    events_processed = serializers.DictField(allow_null=True)
    first_raw_event = serializers.DictField(allow_null=True)
    last_raw_event = serializers.DictField(allow_null=True)
    versions = serializers.ListField(child=serializers.DictField())
    diff = serializers.ListField(child=serializers.DictField())
