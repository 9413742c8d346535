"""Commands of API clients, with the journals they posted."""

from django.db import models
from django.db.models.functions import Now


class Transfer(models.Model):
    """A posted command: a transfer, or the reversal of one.

    The key is inserted in the transaction that posts the journal, so the unique constraint makes a command happen
    exactly once. The journal of a transfer names this row as its `source_key`.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    client_id = models.CharField(max_length=200, help_text="As the client says, or the principal.")
    idempotency_key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of the canonical request.")
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, related_name="commands", db_constraint=False, db_index=False
    )
    actor = models.CharField(max_length=200)
    memo = models.TextField(blank=True, db_default="")
    metadata = models.JSONField(default=dict, db_default={})
    entry_memos = models.JSONField(default=list, db_default=[], help_text="A text or null per line.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "transfers"
        constraints = [
            # Decides idempotency: one command per key, whatever a cache believes.
            models.UniqueConstraint(
                fields=["tenant", "client_id", "idempotency_key"], name="transfers_one_per_idempotency_key"
            ),
            models.UniqueConstraint(fields=["tenant", "journal"], name="transfers_one_per_journal"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id}/{self.idempotency_key}"
