"""The audit trail: append-only entries, written in the transaction of the change they record.

Entries are sealed afterwards, in blocks, by a job (`sealing`), so that writers never wait for each other. The order of
the chain is (block number, position); ids say nothing, because a lower id can commit after a higher one.
"""

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """An action on one object. Never changed, never deleted (trigger and privileges)."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT)
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=200, help_text="`key:<prefix>`, `user:<name>`, `system:<command>`.")
    action = models.CharField(max_length=100, help_text="app.noun.verbed")
    object_type = models.CharField(max_length=50)
    object_id = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    notes = models.TextField(blank=True, db_default="")
    request_id = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        db_table = "audit_log"
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["tenant", "at"], name="audit_log_by_tenant_at")]
        constraints = [
            # Instants Postgres knows and Python does not (infinity, years before Christ) could be shown to nobody.
            models.CheckConstraint(
                name="audit_log_instant_plausible",
                condition=Q(at__gte=datetime(2000, 1, 1, tzinfo=UTC), at__lt=datetime(2200, 1, 1, tzinfo=UTC)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class AuditBlock(models.Model):
    """Entries sealed by one run of the sealing job, chained to the block before by its hash.

    Written by `audit_seal_v1` alone. `block_sha256` covers everything else in the row, so the last block's hash covers
    the whole trail; it is anchored outside the database (`anchors`). Hashes are defined in
    `ledgersafe/audit/sql/audit_seal_v1.sql`.
    """

    append_only = True
    written_by_function = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    number = models.BigIntegerField(help_text="1, 2, 3 … per tenant.")
    first_entry_id = models.BigIntegerField(help_text="The lowest id sealed in it.")
    last_entry_id = models.BigIntegerField(help_text="The highest id sealed in it; other blocks may hold ids between.")
    entry_count = models.BigIntegerField()
    chain_length = models.BigIntegerField(help_text="Entries of this block and all before it.")
    entries_sha256 = models.BinaryField(help_text="SHA-256 of its seals, in their order.")
    previous_sha256 = models.BinaryField(help_text="The block before; zeros in the first.")
    block_sha256 = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "audit_blocks"
        constraints = [
            # Two sealers cannot both carry on from the same block: the chain never forks.
            models.UniqueConstraint(fields=["tenant", "number"], name="audit_blocks_one_per_number"),
            models.CheckConstraint(name="audit_blocks_numbered_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(name="audit_blocks_never_empty", condition=Q(entry_count__gte=1)),
        ]

    def __str__(self) -> str:
        return f"block {self.number}"


class AuditSeal(models.Model):
    """The position of one entry in the chain, and its hash, by which a check names the row that changed.

    The block is a real, deferred foreign key: a seal without its block does not commit. The entry is none, since
    `audit_seals_guard_v1` reads it anyway.
    """

    append_only = True
    written_by_function = True

    entry = models.OneToOneField(
        AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="seal", db_constraint=False
    )
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    block = models.ForeignKey(AuditBlock, on_delete=models.PROTECT, related_name="seals", db_index=False)
    position = models.BigIntegerField(help_text="1, 2, 3 … within the block.")
    sha256 = models.BinaryField()

    class Meta:
        db_table = "audit_seals"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "block", "position"], name="audit_seals_one_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.block_id}/{self.position}"
