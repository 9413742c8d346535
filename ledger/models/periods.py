"""Business days, their reopenings, and the balances at their ends."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class PeriodStatus(models.TextChoices):
    """An open day takes journals; a closed one takes none unless a person reopens it, with a reason."""

    OPEN = "open"
    CLOSED = "closed"


class Period(models.Model):
    """A business day of a tenant: the half-open span [starts_at, ends_at) between two cut-offs.

    Every journal belongs to an open period: the guard on journals shares the day's lock with other posters, and a close
    takes it exclusively. A day before a closed one can be neither opened nor added.

    Only a row of `Reopening` reopens a closed day; `reopened_at` is the last such instant.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="periods")
    business_date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=6, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)

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


class Reopening(models.Model):
    """The reopening of a closed business day: by whom and why. Inserting the row opens the day (trigger).

    Only the last closed day can be reopened, so closed days stay contiguous. The trigger sets both instants: that of
    the close, and that of the reopening.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reopenings", db_index=False)
    closed_at = models.DateTimeField(db_default=Now())
    reopened_at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        db_table = "period_reopenings"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "period", "closed_at"], name="period_reopenings_one_per_close"),
            models.CheckConstraint(
                name="period_reopenings_say_who_and_why", condition=~Q(actor="") & Q(reason__regex=r"\S")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id} reopened"


class BalanceSnapshot(models.Model):
    """An account's balance at the end of a closed business day: reading a balance starts from the newest one.

    `revision` counts the closes of the day; the snapshots of a close that was undone stay in the table, unused.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT)
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT)
    business_date = models.DateField()
    revision = models.PositiveSmallIntegerField(db_default=1)
    balance_minor = models.BigIntegerField()

    class Meta:
        db_table = "balance_snapshots"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "business_date", "revision"], name="balance_snapshots_one_per_close"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.business_date}"
