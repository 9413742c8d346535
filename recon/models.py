"""Records of a close beside seal and snapshots: who closed, and the parts of the accountant pack it has fixed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class DayClose(models.Model):
    """A close of a business day: who closed it, and what stood against it. Never changed.

    `open_exceptions` counts the held events undecided at that moment; above zero only in a forced close, whose `notes`
    say why. A day nobody sold on has a row too: its `covered_by` is the close of the next day, which keeps balances,
    chart and held events for both. A reopened day is closed again as its next `revision`; the close in effect has the
    same `closed_at` as the day.
    """

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    period = models.ForeignKey("ledger.Period", on_delete=models.PROTECT, related_name="closes")
    business_date = models.DateField()
    revision = models.PositiveSmallIntegerField(db_default=1)
    layout = models.PositiveSmallIntegerField(db_default=1, help_text="How its pack is made up: see packs.LAYOUT.")
    closed_at = models.DateTimeField(db_default=Now(), help_text="The day's, as its trigger set it.")
    actor = models.CharField(max_length=200)
    covered_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="covers",
        help_text="Of a day nobody sold on: the close of the day it was closed with.",
    )
    forced = models.BooleanField(default=False)
    notes = models.TextField(blank=True)
    accounts = models.PositiveIntegerField(help_text="Accounts whose balance was kept.")
    open_exceptions = models.PositiveIntegerField(help_text="Held events of the day nobody had decided.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "day_closes"
        permissions = [
            ("close_period", "Can close business days"),
            ("reopen_period", "Can open closed business days again"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "business_date", "revision"], name="day_closes_one_per_revision"),
            models.CheckConstraint(name="day_closes_say_who", condition=~Q(actor="")),
            models.CheckConstraint(
                name="day_closes_forced_say_why",
                condition=Q(forced=False, open_exceptions=0) | (Q(forced=True) & ~Q(notes="")),
            ),
        ]

    def __str__(self) -> str:
        return f"close of {self.business_date}"

    @property
    def stands(self) -> bool:
        """Tell whether this close is in effect: the day was not reopened since."""
        return self.period.closed_at == self.closed_at


class DayCloseAccount(models.Model):
    """An account's code and name at the close: they may change later, the day's pack may not."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    close = models.ForeignKey(DayClose, on_delete=models.PROTECT, related_name="chart", db_index=False)
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    code = models.TextField()
    name = models.TextField()

    class Meta:
        db_table = "day_close_accounts"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "close", "account"], name="day_close_accounts_one_per_account"),
        ]

    def __str__(self) -> str:
        return self.code


class DayCloseException(models.Model):
    """A held event as it stood at the close; later decisions do not change it."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    close = models.ForeignKey(DayClose, on_delete=models.PROTECT, related_name="held", db_index=False)
    case = models.ForeignKey("exceptions.ExceptionCase", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    idempotency_key = models.TextField()
    store_code = models.TextField(blank=True)
    reason_code = models.TextField()
    status = models.CharField(max_length=8)
    amount_at_risk_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution_action = models.TextField(blank=True)
    resolution_actor = models.TextField(blank=True)

    class Meta:
        db_table = "day_close_exceptions"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "close", "case"], name="day_close_exceptions_one_per_case"),
        ]

    def __str__(self) -> str:
        return f"{self.reason_code} {self.idempotency_key}"


class DayPack(models.Model):
    """Fingerprints of an accountant pack, taken once after the close: SHA-256 by file name, and one for all files."""

    append_only = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    close = models.ForeignKey(DayClose, on_delete=models.PROTECT, related_name="packs", db_index=False)
    sha256 = models.CharField(max_length=64)
    files = models.JSONField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "day_packs"
        constraints = [models.UniqueConstraint(fields=["tenant", "close"], name="day_packs_one_per_close")]

    def __str__(self) -> str:
        return self.sha256
