"""Sums of orders, which limit refunds."""

from django.db import models
from django.db.models import F, Q


class OrderTotal(models.Model):
    """Sales and refunds of an order per currency. Concurrent refunds of one order wait for each other at this row.

    A trigger on `financial_transactions` maintains it; its check constraint limits refunds at any isolation level.
    """

    written_by_function = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    order_id = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    sold_minor = models.BigIntegerField(db_default=0)
    refunded_minor = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "order_totals"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "order_id", "currency"], name="order_totals_one_per_order"),
            models.CheckConstraint(
                name="order_totals_refunds_within_sales", condition=Q(refunded_minor__lte=F("sold_minor"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.currency}"
