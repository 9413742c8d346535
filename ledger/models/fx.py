"""Settlements, conversions of till events, and revaluations.

Every converted amount is stored with its rate's row, value and direction, so that it can be computed again: the guards
do so when it is written (`ledger_fx_fault_v1`), `verify_books` does so at any time.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ledger.models.rates import RATE_PLACES, RATE_WHOLE, FxRate


class _ConvertedAmount(models.Model):
    """An amount, its conversion, and the rate used. Minor units of each currency."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    rate = models.ForeignKey(FxRate, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    rate_value = models.DecimalField(max_digits=RATE_WHOLE + RATE_PLACES, decimal_places=RATE_PLACES)
    inverted = models.BooleanField(help_text="The rate is of the opposite pair: the amount was divided by it.")
    source_currency = models.CharField(max_length=3)
    target_currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    converted_minor = models.BigIntegerField()
    shift = models.SmallIntegerField(help_text="Decimals of the target currency less those of the source.")

    class Meta:
        abstract = True


class FxSettlement(_ConvertedAmount):
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


class FxConversion(_ConvertedAmount):
    """The foreign tender of a till event's journal, and its value in the sale's currency."""

    append_only = True

    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="conversions"
    )

    class Meta:
        db_table = "fx_conversions"
        verbose_name = "FX conversion"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "journal", "source_currency"], name="fx_conversions_one_per_currency"
            ),
            models.CheckConstraint(
                name="fx_conversions_amounts", condition=Q(amount_minor__gt=0) & Q(converted_minor__gte=0)
            ),
            models.CheckConstraint(
                name="fx_conversions_two_currencies", condition=~Q(source_currency=F("target_currency"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journal_id} {self.source_currency}"


class FxRevaluation(models.Model):
    """The residual of the clearing accounts at the end of a day, at that day's rates, and the journal that booked it.

    `positions`: `[{"ccy", "balance_minor", "value_minor", "rate_id", "rate", "inverted", "shift"}]`; the values sum to
    the residual. A reopened day with more postings has a second revaluation, for the difference.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    number = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    residual_minor = models.BigIntegerField(help_text="Debit positive: a loss.")
    positions = models.JSONField()
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fx_revaluations"
        verbose_name = "FX revaluation"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "business_date", "number"], name="fx_revaluations_one_per_number"
            ),
            models.UniqueConstraint(fields=["tenant", "journal"], name="fx_revaluations_one_per_journal"),
            models.CheckConstraint(name="fx_revaluations_never_zero", condition=~Q(residual_minor=0)),
        ]

    def __str__(self) -> str:
        return f"Revaluation of {self.business_date}"
