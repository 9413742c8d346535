"""Held work: what could not be decided with certainty and waits for a person."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CaseStatus(models.TextChoices):
    """A case is open until somebody decides."""

    OPEN = "open"
    RESOLVED = "resolved"


class ExceptionCase(models.Model):
    """One question to a person about one idempotency key. At most one is open per key.

    It knows what it is about by value (`idempotency_key`, `raw_id`): held work stands below the till's side
    and knows none of its tables.
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

    class Meta:
        db_table = "exceptions"
        verbose_name = "held event"
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
        ]

    def __str__(self) -> str:
        return f"{self.reason_code} {self.idempotency_key}"
