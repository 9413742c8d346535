"""Revaluations of clearing accounts."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


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
