"""Exchange rates with their history."""

from decimal import Decimal
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

#: The maximum number of digits before and after the decimal point.
RATE_WHOLE: Final = 12
RATE_PLACES: Final = 18


class RateSource(models.TextChoices):
    """The source of a rate."""

    API = "api", "API"
    CSV = "csv", "CSV file"
    ADMIN = "admin", "Back office"


class FxRate(models.Model):
    """A version of a rate: 1 `base` = `rate` `quote` from `valid_from` on, until a later one.

    Never changed: a correction is the next version of the same pair and instant, and the newest version counts.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=RATE_WHOLE + RATE_PLACES, decimal_places=RATE_PLACES)
    valid_from = models.DateTimeField()
    version = models.PositiveIntegerField(db_default=1)
    source = models.CharField(max_length=5, choices=RateSource.choices)
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fx_rates"
        verbose_name = "FX rate"
        permissions = [("quote_fxrate", "Can record FX rates")]
        constraints = [
            # Also how the rate of an instant is found: the newest version of the last valid_from.
            models.UniqueConstraint(
                fields=["tenant", "base", "quote", "valid_from", "version"], name="fx_rates_one_per_version"
            ),
            # NaN is above everything to Postgres, infinity included: the upper bound refuses both.
            models.CheckConstraint(
                name="fx_rates_positive", condition=Q(rate__gt=0) & Q(rate__lt=Decimal(10) ** RATE_WHOLE)
            ),
            models.CheckConstraint(name="fx_rates_two_currencies", condition=~Q(base=F("quote"))),
            models.CheckConstraint(
                name="fx_rates_pair_shape", condition=Q(base__regex=r"^[A-Z]{3}$") & Q(quote__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(name="fx_rates_source_known", condition=Q(source__in=RateSource.values)),
        ]
        indexes = [models.Index(fields=["tenant", "id"], name="fx_rates_newest")]

    def __str__(self) -> str:
        return f"{self.pair} from {self.valid_from:%Y-%m-%d %H:%M}"

    @property
    def pair(self) -> str:
        """`EUR/USD`."""
        return f"{self.base}/{self.quote}"
