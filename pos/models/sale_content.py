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


class SaleTenderReference(models.Model):
    """What a tender's payment is called elsewhere, where the till said so. Never changed.

    A table of its own: tenders that were projected before references were kept get theirs without being changed.
    """

    append_only = True
    written_by_function = True

    pk = models.CompositePrimaryKey("journal", "line_no")
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line_no = models.PositiveSmallIntegerField()
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    reference = models.CharField(max_length=200)

    class Meta:
        db_table = "sale_tender_references"
        constraints = [
            models.CheckConstraint(name="sale_tender_references_say_something", condition=~models.Q(reference="")),
        ]

    def __str__(self) -> str:
        return self.reference


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
