"""Sessions of cash drawers. The expected cash of an open one is not stored; it is the balance of its account.

A session runs from the counted float to the count at the end. The account of the register's cash,
`DRAWER:<store>/<register>:<currency>`, is shared by all sessions of the register.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class DrawerStatus(models.TextChoices):
    """Statuses only move forward. A RECONCILING drawer still takes late events; a CLOSED one is sealed."""

    OPEN = "OPEN"
    RECONCILING = "RECONCILING"
    CLOSED = "CLOSED"


class Drawer(models.Model):
    """A session of a register's cash drawer.

    The expected cash equals the balance of its account at every moment, and is frozen at the close.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    store = models.ForeignKey("tenants.Store", on_delete=models.PROTECT, db_index=False)
    register = models.ForeignKey("tenants.Register", on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, db_index=False)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=11, choices=DrawerStatus.choices, default=DrawerStatus.OPEN)
    starting_cash_minor = models.BigIntegerField(help_text="The float, counted.")
    is_blind = models.BooleanField(default=False, help_text="Who counts is not told what is expected.")
    expected_cash_minor = models.BigIntegerField(null=True, help_text="Frozen at the close.")
    actual_cash_minor = models.BigIntegerField(null=True, help_text="The last count.")
    variance_minor = models.BigIntegerField(null=True, help_text="Actual less expected.")
    denominations = models.JSONField(null=True, help_text="Pieces by face value in minor units, of the last count.")
    notes = models.TextField(blank=True, default="")
    opened_at = models.DateTimeField(db_default=Now())
    opened_by = models.CharField(max_length=200)
    counted_at = models.DateTimeField(null=True)
    counted_by = models.CharField(max_length=200, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True, default="")
    z_number = models.PositiveIntegerField(null=True, help_text="Closed drawers of a register count up from one.")
    grand_total_minor = models.BigIntegerField(
        null=True, help_text="Sales less refunds of the register, through this drawer, of all its closed drawers."
    )

    class Meta:
        db_table = "pos_ledgers"
        permissions = [
            ("operate_drawer", "Can open, count and close drawers"),
            ("approve_drawer", "Can close drawers above the variance limit, and see what a blind count hides"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "register"],
                condition=~Q(status="CLOSED"),
                name="pos_ledgers_one_open_per_register",
            ),
            models.UniqueConstraint(fields=["tenant", "register", "z_number"], name="pos_ledgers_one_per_z_number"),
            models.CheckConstraint(name="pos_ledgers_status_known", condition=Q(status__in=DrawerStatus.values)),
            models.CheckConstraint(
                name="pos_ledgers_cash_not_negative",
                condition=Q(starting_cash_minor__gte=0)
                & (Q(actual_cash_minor__isnull=True) | Q(actual_cash_minor__gte=0)),
            ),
            # Nothing is frozen before the close, and everything is afterwards.
            models.CheckConstraint(
                name="pos_ledgers_figures_when_closed",
                condition=(
                    Q(
                        status="CLOSED",
                        expected_cash_minor__isnull=False,
                        actual_cash_minor__isnull=False,
                        variance_minor__isnull=False,
                        closed_at__isnull=False,
                        z_number__isnull=False,
                        grand_total_minor__isnull=False,
                    )
                    & ~Q(closed_by="")
                )
                | (
                    ~Q(status="CLOSED")
                    & Q(
                        expected_cash_minor__isnull=True,
                        variance_minor__isnull=True,
                        closed_at__isnull=True,
                        z_number__isnull=True,
                        grand_total_minor__isnull=True,
                    )
                ),
            ),
            models.CheckConstraint(
                name="pos_ledgers_figures_agree",
                condition=Q(variance_minor__isnull=True)
                | Q(variance_minor=F("actual_cash_minor") - F("expected_cash_minor")),
            ),
            models.CheckConstraint(
                name="pos_ledgers_counted",
                condition=Q(status="OPEN") | Q(actual_cash_minor__isnull=False, counted_at__isnull=False),
            ),
        ]
        indexes = [
            # The newest drawer of an account: asked with every posting to one.
            models.Index("tenant", "account", F("id").desc(), name="pos_ledgers_by_account"),
        ]

    def __str__(self) -> str:
        return f"Drawer {self.pk}"
