"""Held events and the decisions on them."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CaseStatus(models.TextChoices):
    """A case is open until a person decides it."""

    OPEN = "open"
    RESOLVED = "resolved"


class ExceptionCase(models.Model):
    """A held event, by its idempotency key. At most one case is open per key.

    Key and arrival (`raw_id`) are values, not foreign keys: this app stands below the till's side.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT)
    idempotency_key = models.CharField(max_length=200)
    raw_id = models.BigIntegerField(help_text="The arrival that opened the case.")
    store_code = models.CharField(max_length=64, blank=True, db_default="")
    reason_code = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    details = models.JSONField(default=dict)
    amount_at_risk_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, db_default="")
    assigned_to = models.CharField(max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)
    resolution_action = models.CharField(max_length=32, blank=True, db_default="")
    resolution_notes = models.TextField(blank=True, db_default="")
    resolution_actor = models.CharField(max_length=200, blank=True, db_default="")
    override_patch = models.JSONField(null=True)
    replay_attempts = models.PositiveIntegerField(db_default=0)
    last_replay_status = models.CharField(max_length=32, blank=True, db_default="")
    last_replay_at = models.DateTimeField(null=True)
    awaits_confirmation = models.BooleanField(
        db_default=False, help_text="Somebody proposed a decision on it, which waits for a second person."
    )

    class Meta:
        db_table = "exceptions"
        verbose_name = "held event"
        permissions = [
            ("assign_exceptioncase", "Can assign held events"),
            ("decide_exceptioncase", "Can decide held events"),
            ("bulk_decide_exceptioncase", "Can decide many held events at once"),
            ("approve_exceptioncase", "Can confirm decisions above the amount limit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "idempotency_key"],
                condition=Q(status="open"),
                name="exceptions_one_open_per_key",
            ),
            models.CheckConstraint(name="exceptions_status_known", condition=Q(status__in=CaseStatus.values)),
            models.CheckConstraint(
                name="exceptions_resolution_is_complete",
                condition=Q(status="open", resolved_at__isnull=True)
                | (
                    Q(status="resolved", resolved_at__isnull=False)
                    & ~Q(resolution_actor="")
                    & ~Q(resolution_action="")
                    & ~Q(resolution_notes="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "-created_at", "-id"], name="exceptions_inbox"),
            models.Index(fields=["tenant", "idempotency_key"], name="exceptions_by_key"),
            # Open proposals are counted with every page of the back office.
            models.Index(
                fields=["tenant", "id"],
                condition=Q(status="open", awaits_confirmation=True),
                name="exceptions_awaiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason_code} {self.idempotency_key}"


class Stage(models.TextChoices):
    """Stages of a decision. Above the tenant's limit, one person proposes it and another confirms or declines it.

    Its proposer may withdraw it. A declined or withdrawn proposal can no longer be confirmed.
    """

    PROPOSED = "proposed"
    RESOLVED = "resolved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


#: Stages that end a proposal without carrying it out.
ENDINGS: Final = (Stage.DECLINED, Stage.WITHDRAWN)


class Resolution(models.Model):
    """A decision on a case: made, proposed, declined or withdrawn. Never changed.

    A row that declines or withdraws names its `proposal`, repeats its decision, and gives the reason in `notes`.
    `final_payload_sha256` is the fingerprint of the chosen version; `journal_id` and `reversal_journal_id` are the
    journals it caused, by value.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    case = models.ForeignKey(ExceptionCase, on_delete=models.PROTECT, related_name="resolutions", db_index=False)
    stage = models.CharField(max_length=9, choices=Stage.choices)
    proposal = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="endings", db_index=False)
    action = models.CharField(max_length=32)
    result = models.CharField(max_length=32, blank=True, help_text="What became of the event; empty without replay.")
    canonical_raw_id = models.BigIntegerField(null=True)
    override_patch = models.JSONField(null=True)
    final_payload_sha256 = models.BinaryField(max_length=32, null=True)
    journal_id = models.BigIntegerField(null=True)
    reversal_journal_id = models.BigIntegerField(null=True)
    notes = models.TextField()
    actor = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "exception_resolutions"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "case"], condition=Q(stage="resolved"), name="exception_resolutions_one_per_case"
            ),
            models.CheckConstraint(name="exception_resolutions_stage_known", condition=Q(stage__in=Stage.values)),
            models.UniqueConstraint(
                fields=["tenant", "proposal"],
                condition=Q(proposal__isnull=False),
                name="exception_resolutions_one_ending_per_proposal",
            ),
            models.CheckConstraint(
                name="exception_resolutions_endings_name_a_proposal",
                condition=Q(stage__in=ENDINGS, proposal__isnull=False)
                | Q(stage__in=[Stage.PROPOSED, Stage.RESOLVED], proposal__isnull=True),
            ),
            models.CheckConstraint(
                name="exception_resolutions_say_who_and_why", condition=~Q(actor="") & ~Q(notes="") & ~Q(action="")
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "case", "id"], name="exception_resolutions_by_case"),
            # verify_books looks up the payload of a journal.
            models.Index(
                fields=["tenant", "journal_id"],
                condition=Q(journal_id__isnull=False),
                name="exception_resolutions_journal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.action}"
