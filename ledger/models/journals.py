"""Journals and postings, append-only.

Two SQL functions write the rows: `ledger_post_v1`, and `ledger_post_rows_v1` for batches. The application's role cannot
insert, change or delete rows in any other way, and triggers check every row, whoever writes it.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Journal(models.Model):
    """A balanced journal: what happened, on which business day, from which source.

    `source` and `source_key` name the cause (for a till event: `event` and its idempotency key). A key has at most one
    effective journal: `revision` n+1 is accepted only after revision n was reversed.
    """

    append_only = True
    written_by_function = True

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    occurred_at = models.DateTimeField(help_text="When it happened, as the cause says.")
    recorded_at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=32, help_text="The event type, or REVERSAL.")
    source = models.CharField(max_length=16)
    source_key = models.CharField(max_length=200)
    revision = models.SmallIntegerField(db_default=1)
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by", db_index=False
    )
    external_ref = models.CharField(max_length=200, blank=True, db_default="")
    posting_count = models.SmallIntegerField(help_text="Sealed with the journal; postings never change.")
    rules_version = models.PositiveSmallIntegerField()
    is_late = models.BooleanField(db_default=False, help_text="Posted into a later day: its own was closed.")

    class Meta:
        db_table = "journals"
        constraints = [
            # One effective journal per cause; together with the revision check of ledger_journals_guard_v2.
            models.UniqueConstraint(
                fields=["tenant", "source", "source_key", "revision"],
                condition=Q(reverses__isnull=True),
                name="journals_one_effective_per_key",
            ),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="journals_reversed_once",
            ),
            models.CheckConstraint(name="journals_two_postings", condition=Q(posting_count__gte=2)),
            models.CheckConstraint(name="journals_revision_from_one", condition=Q(revision__gte=1)),
            models.CheckConstraint(
                name="journals_never_reverse_themselves",
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_key}"


class Posting(models.Model):
    """A line of a journal: debit positive, credit negative, in minor units of the account's currency.

    The references carry no foreign key constraint: the statement trigger checks tenant, account, currency and
    journal for the whole set at once, without the reads that make serializable transactions fail.
    """

    append_only = True
    written_by_function = True

    pk = models.CompositePrimaryKey("journal", "line_no")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, related_name="postings", db_constraint=False, db_index=False
    )
    line_no = models.PositiveSmallIntegerField()
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "postings"
        constraints = [
            models.CheckConstraint(name="postings_never_zero", condition=~Q(amount_minor=0)),
        ]
        indexes = [
            # A balance is one range of this index: the account's postings since its last snapshot.
            models.Index(
                fields=["tenant", "account", "business_date"],
                include=["amount_minor"],
                name="postings_by_account_date",
            )
        ]

    def __str__(self) -> str:
        return f"{self.journal_id}/{self.line_no}"
