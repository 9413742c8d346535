"""Flows of money through cash drawers."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ledger.models.flow_types import FlowType, Method


class FinancialTransaction(models.Model):
    """A journal's flow through one drawer: amount, tender and direction.

    The guard on postings (`ledger_postings_guard_v4`) writes the rows of cash, so that no way of posting can forget
    them. `ledger_transact_v1` writes the rows of commands, which know more, before it posts. Rows of card and external
    tender move no cash, but belong to the drawer's report.
    """

    append_only = True
    written_by_function = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    # No foreign keys: the functions that write rows have just looked both up, and a check would lock the drawer's row.
    drawer = models.ForeignKey(
        "ledger.Drawer", on_delete=models.PROTECT, related_name="transactions", db_constraint=False, db_index=False
    )
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, related_name="flows", db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=10, choices=FlowType.choices)
    method = models.CharField(max_length=8, choices=Method.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(help_text="Above zero; the type gives the direction.")
    cash_minor = models.BigIntegerField(help_text="What it brought into the drawer; zero of what is no cash.")
    order_id = models.CharField(max_length=200, db_default="")
    external_reference = models.CharField(max_length=200, db_default="")
    actor = models.CharField(max_length=200, db_default="", help_text="Whose command it was; empty: a posting's.")
    is_late = models.BooleanField(db_default=False, help_text="Cash that was posted after the drawer was closed.")
    adjusts = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="adjusted_by", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "financial_transactions"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "drawer", "journal"], name="financial_transactions_one_per_journal"
            ),
            models.UniqueConstraint(
                fields=["tenant", "adjusts"],
                condition=Q(adjusts__isnull=False),
                name="financial_transactions_adjusted_once",
            ),
            # The rules between type, tender and direction are in `ledger_flows_guard_v1`, for rows no posting made:
            # Postgres reads CHECKs anew with every statement, which cost a cash sale 60 microseconds.
            models.CheckConstraint(name="financial_transactions_amount_positive", condition=Q(amount_minor__gt=0)),
        ]
        indexes = [
            models.Index(fields=["tenant", "order_id"], condition=~Q(order_id=""), name="financial_transactions_order"),
            models.Index(fields=["tenant", "drawer"], condition=Q(is_late=True), name="financial_transactions_late"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
