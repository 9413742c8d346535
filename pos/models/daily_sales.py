"""Daily sales by store (gold), rolled up from sale headers by one SQL function."""

from django.db import models
from django.db.models import F, Q


class DailySales(models.Model):
    """Sums over the headers (`pos.Sale`) of one store, business day and currency, up to the tenant's mark.

    The table lags: a report adds the headers above the mark (`pos.reports.daily_sales`). Figures are defined in
    docs/kpis.md.
    """

    written_by_function = True

    pk = models.CompositePrimaryKey("tenant", "business_date", "store_code", "currency")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    store_code = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    facts_count = models.BigIntegerField(help_text="Headers that were added up.")
    baskets_count = models.BigIntegerField(help_text="Sales that stand: without voided and reversed ones.")
    rung_count = models.BigIntegerField(help_text="Sales as rung up, voided ones included.")
    returns_count = models.BigIntegerField()
    voids_count = models.BigIntegerField()
    corrections_count = models.BigIntegerField()
    items_count = models.BigIntegerField(help_text="Lines of baskets, less those brought back.")
    gross_minor = models.BigIntegerField()
    returns_minor = models.BigIntegerField()
    discounts_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    tips_minor = models.BigIntegerField()
    service_minor = models.BigIntegerField()
    liabilities_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    cash_minor = models.BigIntegerField(help_text="Paid in cash, less cash given back; without moves of cash.")
    card_minor = models.BigIntegerField()
    external_minor = models.BigIntegerField()
    gift_card_minor = models.BigIntegerField()
    store_credit_minor = models.BigIntegerField()
    house_account_minor = models.BigIntegerField()
    moved_cash_minor = models.BigIntegerField(help_text="Cash paid in, less paid out and dropped.")

    class Meta:
        db_table = "daily_sales"
        verbose_name = verbose_name_plural = "daily sales"
        constraints = [
            models.CheckConstraint(
                name="daily_sales_parts_make_the_total",
                condition=Q(
                    total_minor=F("gross_minor")
                    - F("returns_minor")
                    - F("discounts_minor")
                    + F("tax_minor")
                    + F("tips_minor")
                    + F("service_minor")
                    + F("liabilities_minor")
                ),
            ),
            models.CheckConstraint(name="daily_sales_of_facts", condition=Q(facts_count__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.store_code} on {self.business_date}"


class DailySalesMark(models.Model):
    """The mark up to which a tenant's headers are rolled up: those of transactions below `through_xid`.

    The table also has `through_xid` and `folded_by`, the last transaction that moved the mark. Transaction numbers are
    valid in one cluster only: after a restore elsewhere, `cluster` shows that the mark is not.
    """

    written_by_function = True

    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="+"
    )
    cluster = models.BigIntegerField(help_text="The system identifier of the cluster that counts the transactions.")
    rolled_up_at = models.DateTimeField()

    class Meta:
        db_table = "daily_sales_marks"

    def __str__(self) -> str:
        return f"mark of tenant {self.tenant_id}"
