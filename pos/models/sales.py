"""Sale headers, references between events, and events waiting for their original (silver)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Sale(models.Model):
    """The header of one journal caused by an event: place, time, and amounts by kind. Never changed.

    Amounts are signed so that sums over rows are figures: a sale counts up; a return, a void or the mirror of a
    reversed journal (`sign` −1) counts down. `gross_minor` is revenue from goods without tax and before discounts; what
    was given back is in `returns_minor`, positive. `liabilities_minor`: gift cards and deposits sold. Moves of cash
    have nothing but `cash_minor`. The table also has `xid`, the transaction that wrote the row.
    """

    append_only = True

    journal = models.OneToOneField(
        "ledger.Journal", on_delete=models.PROTECT, primary_key=True, related_name="sale", db_constraint=False
    )
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    event_key = models.CharField(max_length=200)
    raw_id = models.BigIntegerField()
    store_code = models.CharField(max_length=64)
    register_code = models.CharField(max_length=64, blank=True)
    txn_id = models.CharField(max_length=200)
    event_type = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    business_date = models.DateField()
    occurred_at = models.DateTimeField()
    is_late = models.BooleanField()
    sign = models.SmallIntegerField()
    sales_count = models.SmallIntegerField()
    returns_count = models.SmallIntegerField()
    items = models.IntegerField(help_text="Lines of the basket.")
    gross_minor = models.BigIntegerField()
    returns_minor = models.BigIntegerField()
    discounts_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    tips_minor = models.BigIntegerField()
    service_minor = models.BigIntegerField()
    liabilities_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    cash_minor = models.BigIntegerField()
    card_minor = models.BigIntegerField()
    external_minor = models.BigIntegerField()
    gift_card_minor = models.BigIntegerField()
    store_credit_minor = models.BigIntegerField()
    house_account_minor = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sales"
        constraints = [
            models.CheckConstraint(
                name="sales_parts_make_the_total",
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
            models.CheckConstraint(name="sales_sign_known", condition=Q(sign__in=(1, -1))),
        ]
        indexes = [
            # Returns look up their sale by receipt number.
            models.Index(
                fields=["tenant", "txn_id"], condition=Q(event_type="SALE", sign=1), name="sales_by_transaction"
            ),
            # sales_by_day on (tenant, business_date, xid) is created in SQL: `xid` is unknown to Django.
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_key}"


class ReferenceKind(models.TextChoices):
    """Kinds of references; a CANCEL counts as a void."""

    RETURN = "RETURN"
    VOID = "VOID"
    CORRECTION = "CORRECTION"
    TIP_ADJUST = "TIP_ADJUST"


class SaleReference(models.Model):
    """The amount one journal takes from an original, or (`sign` −1) gives back. Sums are in effect. Never changed.

    A void of a return has two rows: it voids the return, and gives back to the sale what the return had taken. A
    correction's row has the corrected total.
    """

    append_only = True

    pk = models.CompositePrimaryKey("journal", "original_key", "kind")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    journal = models.ForeignKey(
        "ledger.Journal", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    event_key = models.CharField(max_length=200)
    original_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=ReferenceKind.choices)
    sign = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()
    lines = models.JSONField(default=list, help_text="[[line id, article, quantity as text, minor units]]")
    base_journal = models.ForeignKey(
        "ledger.Journal",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Whose content it was made of: the original's journal, or that of its correction.",
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sale_references"
        constraints = [
            models.CheckConstraint(name="sale_references_kind_known", condition=Q(kind__in=ReferenceKind.values)),
            models.CheckConstraint(name="sale_references_sign_known", condition=Q(sign__in=(1, -1))),
        ]
        indexes = [
            models.Index(fields=["tenant", "original_key"], name="sale_references_by_original"),
            models.Index(fields=["tenant", "event_key"], name="sale_references_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.original_key}"


class EventWait(models.Model):
    """An event that arrived before its original, and the original it waits for. Never changed.

    It is released when the original is posted; its key and its case show whether it still waits.
    """

    append_only = True

    pk = models.CompositePrimaryKey("tenant", "event_key")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    event_key = models.CharField(max_length=200)
    original_key = models.CharField(max_length=200, null=True)  # noqa: DJ001  null: named by its transaction
    store_code = models.CharField(max_length=64)
    txn_id = models.CharField(max_length=200, null=True)  # noqa: DJ001
    waits_since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_waits"
        verbose_name = "waiting event"
        constraints = [
            models.CheckConstraint(
                name="event_waits_for_one_thing",
                condition=Q(original_key__isnull=False, txn_id__isnull=True)
                | Q(original_key__isnull=True, txn_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "original_key"],
                condition=Q(original_key__isnull=False),
                name="event_waits_by_original",
            ),
            models.Index(
                fields=["tenant", "txn_id"], condition=Q(txn_id__isnull=False), name="event_waits_by_transaction"
            ),
            models.Index(fields=["tenant", "waits_since"], name="event_waits_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_key} waits"
