"""Arrivals as received (bronze), and the outcome of each."""

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact


class RawEvent(models.Model):
    """An authenticated arrival (bronze), byte for byte, duplicates included. Never changed.

    The bytes are the truth; the other columns are read from them, for searching. Only a body with a card number is kept
    masked, with its length and a keyed MAC of the original.
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
            # Corrected by the device clock's offset when it sent, but never to later than the arrival was received.
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
    """Results an arrival is answered with."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class EventOutcome(models.Model):
    """The outcome of one arrival, as answered. Never changed: later decisions are recorded elsewhere."""

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
