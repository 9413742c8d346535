"""Settlements between accounts of two currencies."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ledger.models.fx import ConvertedAmount


class FxSettlement(ConvertedAmount):
    """A transfer between accounts of two currencies: two journals through the clearing accounts.

    The key is inserted in the transaction that posts them, so the unique constraint makes it happen exactly once.
    """

    append_only = True

    client_id = models.CharField(max_length=200, help_text="As the client says, or the principal.")
    idempotency_key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of the canonical request.")
    from_account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    to_account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    source_journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    target_journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    business_date = models.DateField()
    as_of = models.DateTimeField(help_text="Whose rate was taken.")
    actor = models.CharField(max_length=200)
    memo = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fx_settlements"
        verbose_name = "FX settlement"
        constraints = [
            # Decides idempotency: one settlement per key.
            models.UniqueConstraint(
                fields=["tenant", "client_id", "idempotency_key"], name="fx_settlements_one_per_idempotency_key"
            ),
            models.UniqueConstraint(fields=["tenant", "source_journal"], name="fx_settlements_one_per_source_journal"),
            models.UniqueConstraint(fields=["tenant", "target_journal"], name="fx_settlements_one_per_target_journal"),
            models.CheckConstraint(
                name="fx_settlements_amounts", condition=Q(amount_minor__gt=0) & Q(converted_minor__gt=0)
            ),
            models.CheckConstraint(
                name="fx_settlements_two_currencies", condition=~Q(source_currency=F("target_currency"))
            ),
        ]
        indexes = [models.Index(fields=["tenant", "id"], name="fx_settlements_newest")]

    def __str__(self) -> str:
        return f"Settlement {self.pk}"
