"""Idempotency keys, and the versions of the event under each."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class KeyStatus(models.TextChoices):
    """States of an idempotency key. `processed` never changes while its journal is effective."""

    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


class EventKey(models.Model):
    """The idempotency key of an event: one row per (tenant, event id), inserted by the first arrival.

    `payload_hash_first` is the first version received, `effective_hash` the version in the books. Further versions and
    their dispositions are in `event_versions`.
    """

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    idempotency_key = models.CharField(max_length=200)
    event_type = models.CharField(max_length=200, blank=True)
    source_system = models.CharField(max_length=200, blank=True)
    source_event_id = models.CharField(max_length=200, null=True)  # noqa: DJ001  null: claims none
    status = models.CharField(max_length=11, choices=KeyStatus.choices)
    payload_hash_first = models.BinaryField(max_length=32)
    payload_hash_last = models.BinaryField(max_length=32)
    effective_hash = models.BinaryField(max_length=32, null=True)
    effective_raw_id = models.BigIntegerField(null=True)
    first_raw_id = models.BigIntegerField()
    last_raw_id = models.BigIntegerField()
    arrivals = models.PositiveIntegerField(db_default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    last_error_code = models.CharField(max_length=40, blank=True, db_default="")
    last_exception = models.ForeignKey(
        "exceptions.ExceptionCase", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    device_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: claims no number
    device_seq = models.BigIntegerField(null=True, help_text="The device's own number of the event.")

    class Meta:
        db_table = "events_processed"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "idempotency_key"], name="events_processed_one_per_key"),
            # The same source event under another id is no new event: see DUPLICATE_SOURCE_EVENT_ID.
            models.UniqueConstraint(
                fields=["tenant", "source_system", "source_event_id"],
                condition=Q(source_event_id__isnull=False),
                name="events_processed_one_per_source_event",
            ),
            # A device numbers every event once: see SEQUENCE_GAP. Ranges are read from this index, too.
            models.UniqueConstraint(
                fields=["tenant", "device_id", "device_seq"],
                condition=Q(device_seq__isnull=False),
                name="events_processed_one_per_device_seq",
            ),
            models.CheckConstraint(
                name="events_processed_device_counts",
                condition=Q(device_id__isnull=True, device_seq__isnull=True)
                | Q(device_id__isnull=False, device_seq__isnull=False, device_seq__gte=1),
            ),
            models.CheckConstraint(name="events_processed_status_known", condition=Q(status__in=KeyStatus.values)),
            models.CheckConstraint(
                name="events_processed_effective_when_processed",
                condition=~Q(status="processed")
                | Q(effective_hash__isnull=False, effective_raw_id__isnull=False, processed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="events_processed_held_has_no_journal",
                condition=Q(status="processed") | Q(journal__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.idempotency_key


class Disposition(models.TextChoices):
    """Decisions on one version of an event. `held`: undecided."""

    HELD = "held"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    IGNORED = "ignored"


class EventVersion(models.Model):
    """A version of an event: a payload of a key, its first arrival and its disposition.

    The first version of a key has a row only after a decision on the key. A version with a `patched_body` never
    arrived: an operator made it from the arrival `first_raw_id`.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    event_key = models.ForeignKey(
        EventKey, on_delete=models.PROTECT, related_name="versions", db_constraint=False, db_index=False
    )
    payload_hash = models.BinaryField(max_length=32)
    first_raw_id = models.BigIntegerField()
    patched_body = models.TextField(null=True, help_text="Canonical JSON of a version an operator patched.")  # noqa: DJ001
    disposition = models.CharField(max_length=10, choices=Disposition.choices, default=Disposition.HELD)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_versions"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "event_key", "payload_hash"], name="event_versions_one_per_payload"
            ),
            models.CheckConstraint(
                name="event_versions_disposition_known", condition=Q(disposition__in=Disposition.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_key_id} {self.disposition}"
