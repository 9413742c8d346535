"""Business days and the balances taken at their end."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class PeriodStatus(models.TextChoices):
    """An open day takes journals; a closed one never again."""

    OPEN = "open"
    CLOSED = "closed"


class Period(models.Model):
    """One business day of a tenant: the half-open span [starts_at, ends_at) between two cut-offs.

    Every journal belongs to an open period: the guard on journals shares a lock on the day with other posters
    and the closer takes it alone. A day before a closed one can be neither opened nor added.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="periods")
    business_date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=6, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "periods"
        verbose_name = "business day"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "business_date"], name="periods_one_per_day"),
            models.CheckConstraint(name="periods_end_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="periods_closed_has_instant",
                condition=Q(status="open", closed_at__isnull=True) | Q(status="closed", closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.business_date)


class BalanceSnapshot(models.Model):
    """An account's balance at the end of a closed business day: where reading a balance starts from."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT)
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT)
    business_date = models.DateField()
    balance_minor = models.BigIntegerField()

    class Meta:
        db_table = "balance_snapshots"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "business_date"], name="balance_snapshots_one_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.business_date}"
