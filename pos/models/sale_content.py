"""Lines, tenders and taxes of each journal of an event (silver), projected in the background."""

from django.db import models


class _Part(models.Model):
    """A row of one journal, numbered from 1, with the day and store of its header. Never changed.

    Signed as the header: rows of a return or a reversal are negative.
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
    """A line of the basket. `amount_minor`: before discounts and exclusive tax. `is_return`: goods brought back."""

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
    """A payment in the tender's own currency; assumed tenders are included, because they are posted."""

    method = models.CharField(max_length=16)
    processor = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "sale_tenders"

    def __str__(self) -> str:
        return f"{self.method} {self.amount_minor} {self.currency}"


class SaleTenderReference(models.Model):
    """The payment reference of a tender, as sent by the till. Never changed.

    A separate table: tenders projected before references were kept get theirs without an update.
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
