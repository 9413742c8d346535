"""Cases, decisions and proposals as JSON, and the OpenAPI schema of it."""

from typing import Any, Final

from rest_framework import serializers

from exceptions.decisions import FIRST, LAST, MAX_NOTES, DecisionAction
from exceptions.models import ENDINGS, CaseStatus, ExceptionCase, Resolution
from exceptions.reasons import REASONS
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text

#: Money as JSON: decimal text with the decimals of its currency.
DECIMAL: Final = r"^-?[0-9]+(\.[0-9]+)?$"


def case_item(case: ExceptionCase) -> dict[str, Any]:
    """JSON of a case in a list."""
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
    """JSON of a case with its details and resolution."""
    return case_item(case) | {
        "details_json": case.details,
        "override_patch": case.override_patch,
        "resolution_action": case.resolution_action or None,
        "resolution_notes": case.resolution_notes or None,
        "resolution_actor": case.resolution_actor or None,
        "last_replay_at": instant(case.last_replay_at),
    }


def proposal_item(proposal: Resolution) -> dict[str, Any]:
    """JSON of an open proposal."""
    fingerprint = bytes(proposal.final_payload_sha256 or b"")
    return {
        "proposal_id": proposal.pk,
        "action": proposal.action,
        "canonical_raw_id": proposal.canonical_raw_id,
        "final_payload_hash": fingerprint.hex() or None,
        "notes": proposal.notes,
        "actor": proposal.actor,
        "at": instant(proposal.at),
    }


class CaseItemSerializer(serializers.Serializer[Any]):
    """A case of the inbox."""

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


class ProposalSerializer(serializers.Serializer[Any]):
    """A decision above the tenant's limit that needs a second person."""

    proposal_id = serializers.IntegerField()
    action = serializers.ChoiceField(choices=[action.value for action in DecisionAction])
    canonical_raw_id = serializers.IntegerField(allow_null=True)
    final_payload_hash = serializers.CharField(allow_null=True)
    notes = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()


class CaseDetailSerializer(serializers.Serializer[Any]):
    """A case with everything needed to decide it."""

    exception = CaseItemSerializer()
    raw_event = serializers.DictField(allow_null=True)
    events_processed = serializers.DictField(allow_null=True)
    first_raw_event = serializers.DictField(allow_null=True)
    last_raw_event = serializers.DictField(allow_null=True)
    versions = serializers.ListField(child=serializers.DictField())
    diff = serializers.ListField(child=serializers.DictField())
    proposals = ProposalSerializer(many=True, help_text="Decisions that need a second person, oldest first.")


# ── Decisions: the OpenAPI schema ───────────────────────────────────────────────────────────────
class _DecisionSerializer(serializers.Serializer[Any]):
    """A decision. An `actor` is accepted and ignored: the actor is the authenticated caller."""

    also_known = ("actor",)
    action = serializers.ChoiceField(choices=[action.value for action in DecisionAction])
    resolution_notes = serializers.CharField(max_length=MAX_NOTES)
    canonical_raw_id = serializers.IntegerField(
        required=False, allow_null=True, help_text="An arrival of this event; null: the exception's own."
    )
    canonical = serializers.ChoiceField(choices=[FIRST, LAST], required=False)


class DecisionSerializer(_DecisionSerializer):
    """A decision, perhaps with a merge patch."""

    override_patch = serializers.DictField(required=False, help_text="RFC 7396 merge patch of the chosen version.")


class JsonPatchDecisionSerializer(_DecisionSerializer):
    """A decision with a JSON patch."""

    override_patch = serializers.ListField(child=serializers.DictField(), help_text="RFC 6902 operations.")


class BulkDecisionSerializer(DecisionSerializer):
    """A decision for many cases; `canonical_raw_id` is refused."""

    exception_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)


class EndingSerializer(serializers.Serializer[Any]):
    """The proposal to decline or withdraw, and why."""

    proposal_id = serializers.IntegerField(help_text="As the exception lists it in `proposals`.")
    resolution_notes = serializers.CharField(max_length=MAX_NOTES)


class EndedSerializer(serializers.Serializer[Any]):
    """The case, which stays open, and how the proposal ended."""

    exception = CaseItemSerializer()
    proposal_id = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=[stage.value for stage in ENDINGS])


class _ReplaySerializer(serializers.Serializer[Any]):
    attempted = serializers.BooleanField()
    result = serializers.ChoiceField(choices=["processed", "unchanged"], allow_null=True)
    canonical_raw_id = serializers.IntegerField(allow_null=True)
    final_payload_hash = serializers.CharField(allow_null=True)
    journal_id = serializers.IntegerField(allow_null=True)
    reversal_journal_id = serializers.IntegerField(allow_null=True)


class ResolvedSerializer(serializers.Serializer[Any]):
    """A decided case."""

    exception_id = serializers.UUIDField()
    status = serializers.CharField()
    replay = _ReplaySerializer()


class _BulkResultSerializer(serializers.Serializer[Any]):
    exception_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["resolved", "refused"])
    replay = _ReplaySerializer(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class BulkResolvedSerializer(serializers.Serializer[Any]):
    """A result per case, in order."""

    results = _BulkResultSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class _PreviewLineSerializer(serializers.Serializer[Any]):
    account_code = serializers.CharField()
    account_name = serializers.CharField()
    amount = serializers.RegexField(DECIMAL, help_text="Decimal in major units; debit positive, credit negative.")
    ccy = serializers.CharField()


class _PreviewJournalSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    business_date = serializers.DateField(allow_null=True)
    reverses = serializers.IntegerField(allow_null=True)
    lines = _PreviewLineSerializer(many=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """The effect of a decision; nothing is saved."""

    exception_id = serializers.UUIDField()
    result = serializers.CharField(allow_null=True)
    canonical_raw_id = serializers.IntegerField(allow_null=True)
    final_payload_hash = serializers.CharField(allow_null=True)
    final_payload = serializers.JSONField(
        allow_null=True, help_text="The event as it would be kept, its numbers exactly as they were sent or patched."
    )
    journals = _PreviewJournalSerializer(many=True)
    change = serializers.DictField(
        child=serializers.DictField(child=serializers.RegexField(DECIMAL)),
        help_text="Change of cash in the `drawer`, `tax` owed and `revenue`: decimals in major units, by currency.",
    )
    needs_second_person = serializers.BooleanField()


class AssignmentSerializer(serializers.Serializer[Any]):
    """The assignee of a case; null: nobody."""

    assigned_to = serializers.CharField(allow_null=True, max_length=200)


class AssignedSerializer(serializers.Serializer[Any]):
    """The case after the change."""

    exception = CaseItemSerializer()
