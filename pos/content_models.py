"""Silver, what a sale is made of: lines, tenders and taxes of each journal of an event, projected in the background."""

from django.db import models


class _Part(models.Model):
    """A row of one journal: numbered from 1, of the header's day and store. Never changed.

    Signed as the header is: a return's rows count down, and so do those of whatever undoes a sale.
    """

    append_only = True
    written_by_function = True

    pk = models.CompositePrimaryKey("journal", "line_no")
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line_no = models.PositiveSmallIntegerField()
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    store_code = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        abstract = True


class SaleLine(_Part):
    """A line of the basket; `amount_minor` before discounts and exclusive tax. `is_return`: of goods brought back."""

    sku = models.CharField(max_length=200, blank=True)
    category = models.TextField(blank=True)
    line_id = models.TextField(blank=True)
    quantity = models.DecimalField(max_digits=38, decimal_places=12, help_text="As sent: the column has no limit.")
    is_return = models.BooleanField()

    class Meta:
        db_table = "sale_lines"
        indexes = [models.Index(fields=["tenant", "business_date", "sku"], name="sale_lines_by_day")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.sku}"


class SaleTender(_Part):
    """What was paid with, in the tender's own currency; also what was only assumed, for the books have booked it."""

    method = models.CharField(max_length=16)
    processor = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "sale_tenders"

    def __str__(self) -> str:
        return f"{self.method} {self.amount_minor} {self.currency}"


class SaleTax(_Part):
    """A tax by code and rate; `inclusive`: already in the lines."""

    code = models.CharField(max_length=64)
    rate = models.CharField(max_length=20, blank=True)
    inclusive = models.BooleanField()

    class Meta:
        db_table = "sale_taxes"
        indexes = [models.Index(fields=["tenant", "business_date"], name="sale_taxes_by_day")]

    def __str__(self) -> str:
        return f"{self.code} {self.amount_minor} {self.currency}"


class SaleContentMark(models.Model):
    """How far the headers of a business day have their rows: those of transactions below `through_xid`.

    The table also has `through_xid`. As with `DailySalesMark` it means something in one cluster only.
    """

    written_by_function = True

    pk = models.CompositePrimaryKey("tenant", "business_date")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    cluster = models.BigIntegerField(help_text="The system identifier of the cluster that counts the transactions.")

    class Meta:
        db_table = "sale_content_marks"

    def __str__(self) -> str:
        return f"mark of {self.business_date}"


class SaleContentFailure(models.Model):
    """A header without rows, and why: its event could not be read, or did not come to what was booked.

    It goes when a later attempt succeeds.
    """

    written_by_function = True

    journal = models.OneToOneField(
        "ledger.Journal", on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    reason = models.CharField(max_length=500)

    class Meta:
        db_table = "sale_content_failures"
        indexes = [models.Index(fields=["tenant", "journal"], name="sale_content_failures_by_whom")]

    def __str__(self) -> str:
        return f"{self.journal_id}: {self.reason}"
