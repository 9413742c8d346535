"""Accounts, one currency each, and their versions. Balances are not stored here."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AccountType(models.TextChoices):
    """The five kinds of double-entry accounts."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"


class AccountStatus(models.TextChoices):
    """Only active accounts take postings; the guard on postings enforces it."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    CLOSED = "closed"


class Account(models.Model):
    """An account of a tenant. Posting rules find it by `role` and `qualifier`; the tenant may rename `code`.

    Tenant and currency never change (trigger): postings were checked against them when they were written.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="accounts")
    code = models.CharField(max_length=600)
    name = models.CharField(max_length=600)
    type = models.CharField(max_length=9, choices=AccountType.choices)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=7, choices=AccountStatus.choices, default=AccountStatus.ACTIVE)
    role = models.CharField(max_length=40, blank=True, help_text="Role in the posting rules, empty for own accounts.")
    qualifier = models.CharField(max_length=500, blank=True, help_text="Which drawer, processor or tax rate.")
    metadata = models.JSONField(default=dict, db_default={}, blank=True)
    floor_minor = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="No posting may take the balance, counted on the account's normal side, below this.",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "accounts"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="accounts_one_code_per_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "role", "qualifier", "currency"],
                condition=~Q(role=""),
                name="accounts_one_per_role",
            ),
            models.CheckConstraint(name="accounts_type_known", condition=Q(type__in=AccountType.values)),
            models.CheckConstraint(name="accounts_status_known", condition=Q(status__in=AccountStatus.values)),
            models.CheckConstraint(name="accounts_currency_shape", condition=Q(currency__regex=r"^[A-Z]{3}$")),
        ]

    def __str__(self) -> str:
        return self.code


class AccountVersion(models.Model):
    """A version of an account: who changed it, when, from what, to what. A trigger writes it on every change.

    Version 1 is the opening and has no `before`. Both sides are complete: code, name, status, floor_minor, metadata.
    """

    append_only = True
    written_by_function = True

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField()

    class Meta:
        db_table = "account_versions"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "version"], name="account_versions_one_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} v{self.version}"
