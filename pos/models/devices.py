"""Devices that number their events: last store, ranges of numbers received, and explanations of gaps."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Device(models.Model):
    """A device, with the store of its newest event. Written by one SQL function, with its ranges."""

    written_by_function = True

    pk = models.CompositePrimaryKey("tenant", "device_id")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    device_id = models.CharField(max_length=64)
    store_code = models.CharField(max_length=64, blank=True, help_text="Where it was seen last.")
    last_received_at = models.DateTimeField()

    class Meta:
        db_table = "devices"
        permissions = [("explain_devicegap", "Can explain missing numbers of devices")]

    def __str__(self) -> str:
        return self.device_id


class DeviceRange(models.Model):
    """A maximal range of numbers received from a device; the numbers just before and after it are missing.

    Folded from event keys, and reproducible from them at any time.
    """

    written_by_function = True

    pk = models.CompositePrimaryKey("tenant", "device_id", "first_seq")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    device_id = models.CharField(max_length=64)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()

    class Meta:
        db_table = "device_ranges"
        constraints = [
            models.CheckConstraint(
                name="device_ranges_in_order", condition=Q(first_seq__gte=1, last_seq__gte=F("first_seq"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.first_seq}–{self.last_seq}"


class GapExplanation(models.Model):
    """The explanation of a range of missing numbers. A number that arrives later is no longer missing."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    device_id = models.CharField(max_length=64)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    reason = models.TextField()
    explained_by = models.CharField(max_length=200)
    explained_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "device_gap_explanations"
        constraints = [
            models.CheckConstraint(
                name="device_gap_explanations_in_order", condition=Q(first_seq__gte=1, last_seq__gte=F("first_seq"))
            ),
            models.CheckConstraint(
                name="device_gap_explanations_by_somebody", condition=~Q(reason="") & ~Q(explained_by="")
            ),
            models.UniqueConstraint(
                fields=["tenant", "device_id", "first_seq"], name="device_gap_explanations_one_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.first_seq}–{self.last_seq}"
