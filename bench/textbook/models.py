"""Tables of the textbook contestant: the facts the product keeps too, with Django's defaults for keys and indexes."""

from django.db import models
from django.db.models import Q


class OneRow(models.Model):
    """What the trivial endpoint inserts."""

    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class RawEvent(models.Model):
    """The arrival as received."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey("tenants.ApiKey", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)
    raw_body = models.BinaryField()
    raw_sha256 = models.CharField(max_length=64)
    headers = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    event_id = models.CharField(max_length=200)
    store_code = models.CharField(max_length=64)
    event_type = models.CharField(max_length=32)
    txn_id = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "event_id"])]

    def __str__(self) -> str:
        return self.event_id


class Account(models.Model):
    """An account of a tenant, opened when it is first needed."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=200)
    type = models.CharField(max_length=9)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="textbook_account_code")]

    def __str__(self) -> str:
        return self.code


class Period(models.Model):
    """A business day."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    is_closed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "business_date"], name="textbook_period_day")]

    def __str__(self) -> str:
        return str(self.business_date)


class Journal(models.Model):
    """A balanced entry."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="journals")
    kind = models.CharField(max_length=32)
    external_ref = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.external_ref


class Posting(models.Model):
    """A line of a journal: debit positive, credit negative."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="textbook_posting_never_zero", condition=~Q(amount_minor=0))]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_minor}"


class EventKey(models.Model):
    """A row per (tenant, event id): what makes a retry harmless."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=200)
    source_system = models.CharField(max_length=200)
    source_event_id = models.CharField(max_length=200)
    payload_sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=11, default="received")
    first_raw = models.ForeignKey(RawEvent, on_delete=models.PROTECT, related_name="+")
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, null=True, related_name="key")
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "event_id"], name="textbook_key_event"),
            models.UniqueConstraint(
                fields=["tenant", "source_system", "source_event_id"], name="textbook_key_source_event"
            ),
        ]

    def __str__(self) -> str:
        return self.event_id


class Outcome(models.Model):
    """What an arrival was answered with."""

    raw = models.OneToOneField(RawEvent, on_delete=models.PROTECT, related_name="outcome")
    result = models.CharField(max_length=11)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.result
