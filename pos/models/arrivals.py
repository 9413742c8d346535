"""Every arrival as received (bronze), what became of it, the gate's keys, and jobs that replay held events."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import Exact


class RawEvent(models.Model):
    """Bronze: one authenticated arrival, byte for byte, duplicates included. Never changed.

    The columns beside `raw_body` are what could be read from it, for searching; the bytes are the truth. A body
    with a card number is the exception: it is kept masked, with its length and a keyed MAC of the original.
    """

    append_only = True

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    api_key = models.ForeignKey("tenants.ApiKey", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    received_at = models.DateTimeField()
    raw_body = models.BinaryField()
    raw_sha256 = models.BinaryField(max_length=32, null=True, help_text="Of raw_body; null when redacted.")
    redacted_mac = models.BinaryField(max_length=32, null=True, help_text="HMAC-SHA-256 of the unmasked body.")
    raw_length = models.PositiveIntegerField(help_text="Bytes received.")
    headers = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, db_default="")
    payload_sha256 = models.BinaryField(max_length=32, null=True, help_text="Fingerprint of the parsed value.")
    event_id = models.CharField(max_length=200, null=True)  # noqa: DJ001  null: could not be read
    schema_version = models.CharField(max_length=200, null=True)  # noqa: DJ001
    store_code = models.CharField(max_length=200, null=True)  # noqa: DJ001
    source_system = models.CharField(max_length=200, null=True)  # noqa: DJ001
    source_event_id = models.CharField(max_length=200, null=True)  # noqa: DJ001
    event_type = models.CharField(max_length=200, null=True)  # noqa: DJ001
    txn_id = models.CharField(max_length=200, null=True)  # noqa: DJ001
    occurred_at = models.DateTimeField(null=True, help_text="As the event claims.")
    device_sent_at = models.DateTimeField(null=True, help_text="By the device's own clock, when it said so.")
    corrected_at = models.DateTimeField(null=True, help_text="When it happened, where that clock was wrong.")

    class Meta:
        db_table = "events_raw"
        verbose_name = "arrival"
        constraints = [
            models.CheckConstraint(
                name="events_raw_hash_or_mac",
                condition=Q(raw_sha256__isnull=False, redacted_mac__isnull=True)
                | Q(raw_sha256__isnull=True, redacted_mac__isnull=False),
            ),
            # By as much as the device's clock was off when it sent; but nothing happens after it was received.
            models.CheckConstraint(
                name="events_raw_corrected_by_its_clock",
                condition=Q(corrected_at__isnull=True)
                | Q(
                    Exact(F("corrected_at") - F("occurred_at"), F("received_at") - F("device_sent_at"))
                    | Q(corrected_at=F("received_at"), occurred_at__gt=F("device_sent_at")),
                    device_sent_at__isnull=False,
                    occurred_at__isnull=False,
                    corrected_at__lte=F("received_at"),
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "id"], name="events_raw_by_tenant"),
            models.Index(fields=["tenant", "event_id", "id"], name="events_raw_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.event_id}"


class Result(models.TextChoices):
    """What an arrival was answered with."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class EventOutcome(models.Model):
    """The one outcome of one arrival, as answered. Never changed: a later decision is a new fact elsewhere."""

    append_only = True

    raw_event = models.OneToOneField(
        RawEvent, on_delete=models.PROTECT, primary_key=True, related_name="outcome", db_constraint=False
    )
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    result = models.CharField(max_length=11, choices=Result.choices)
    reason_code = models.CharField(max_length=40, blank=True, db_default="")
    exception = models.ForeignKey(
        "exceptions.ExceptionCase", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "event_outcomes"
        constraints = [
            models.CheckConstraint(name="event_outcomes_result_known", condition=Q(result__in=Result.values)),
            models.CheckConstraint(
                name="event_outcomes_held_has_case",
                condition=~Q(result="quarantined") | Q(exception__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.raw_event_id} {self.result}"


class KeyStatus(models.TextChoices):
    """Where an idempotency key stands. `processed` never goes back while its journal is effective."""

    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


class EventKey(models.Model):
    """The gate: one row per (tenant, event id), inserted by whoever comes first.

    `payload_hash_first` is the first version seen, `effective_hash` the one the books were made of. Further
    versions and what was decided on each are in `event_versions`.
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
            # An event that comes again under another id is no new event: see DUPLICATE_SOURCE_EVENT_ID.
            models.UniqueConstraint(
                fields=["tenant", "source_system", "source_event_id"],
                condition=Q(source_event_id__isnull=False),
                name="events_processed_one_per_source_event",
            ),
            # A device counts every event once: see SEQUENCE_GAP. Also the index that its ranges are read from.
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
    """What was decided on one version of an event. `held`: nothing yet."""

    HELD = "held"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    IGNORED = "ignored"


class EventVersion(models.Model):
    """One payload of a key: the version, where it first arrived, and its disposition.

    The first version of a key has a row once somebody has decided on the key. A version with a `patched_body` never
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


class JobStatus(models.TextChoices):
    """Queued until a worker takes it; a job that stops moving is taken up again where it was."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class ReplayJob(models.Model):
    """A bulk replay under way: every open case of one reason, in the order they came, chunk by chunk.

    The row is its own outbox: it is written with the request, and a sweeper hands it to a worker until it is done.
    `reached_*` is how far it came; it moves in the transaction that decides the chunk, so no case is tried twice.
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
        """How many cases have been tried."""
        return self.resolved + self.refused
