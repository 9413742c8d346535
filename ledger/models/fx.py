"""Converted amounts, and the conversions of till events.

Every converted amount is stored with its rate's row, value and direction, so that it can be computed again: the guards
do so when it is written (`ledger_fx_fault_v1`), `verify_books` does so at any time.
"""

from django.db import models
from django.db.models import F, Q

from ledger.models.rates import RATE_PLACES, RATE_WHOLE, FxRate


class ConvertedAmount(models.Model):
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


class FxConversion(ConvertedAmount):
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
