"""Jobs that replay all held events of one reason."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class JobStatus(models.TextChoices):
    """States of a job. A running job without progress is continued by another worker."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class ReplayJob(models.Model):
    """A bulk replay of every open case of one reason, oldest first, chunk by chunk.

    The row is its own outbox: it is written with the request, and a sweeper queues it until it is done. `reached_*`
    names the last case decided; it advances in the transaction that decides the chunk, so no case is tried twice.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    reason_code = models.CharField(max_length=40)
    notes = models.TextField()
    requested_by = models.CharField(max_length=200)
    may_approve = models.BooleanField(default=False)
    status = models.CharField(max_length=7, choices=JobStatus.choices, default=JobStatus.QUEUED)
    total = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=dict, help_text="How many were refused, by code.")
    reached_at = models.DateTimeField(null=True)
    reached_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "replay_jobs"
        verbose_name = "bulk replay"
        indexes = [
            models.Index(fields=["tenant", "-id"], name="replay_jobs_by_tenant"),
            models.Index(fields=["status", "moved_at"], condition=~Q(status="done"), name="replay_jobs_unfinished"),
        ]
        constraints = [
            models.CheckConstraint(name="replay_jobs_status_known", condition=Q(status__in=JobStatus.values)),
            models.CheckConstraint(
                name="replay_jobs_done_has_instant",
                condition=Q(status="done", finished_at__isnull=False)
                | (~Q(status="done") & Q(finished_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason_code} {self.status}"

    @property
    def done_count(self) -> int:
        """The number of cases tried."""
        return self.resolved + self.refused
