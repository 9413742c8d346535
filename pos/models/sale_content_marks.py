"""Progress and failures of the projection of lines, tenders and taxes."""

from django.db import models


class SaleContentMark(models.Model):
    """The mark up to which headers of a business day have rows: those of transactions below `through_xid`.

    The table also has `through_xid`. As with `DailySalesMark`, it is valid in one cluster only.
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
    """A header without rows, and the reason: its event is unreadable, or does not add up to the header.

    The row is deleted when a later attempt succeeds.
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
