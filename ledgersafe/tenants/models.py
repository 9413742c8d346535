"""The tables of tenants: their stores, registers and API keys, and the people who belong to them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ledgersafe.tenants import event_types

SCOPES = (
    "events:write", "events:read", "exceptions:read", "exceptions:resolve", "pos:write", "pos:read",
    "ledger:read", "ledger:write", "recon:read", "recon:write", "admin",
)  # fmt: skip
#: What these open is the whole tenant's: a key that is bound to a store or register cannot hold them.
TENANT_SCOPES = ("ledger:read", "ledger:write", "recon:read", "recon:write", "admin")


def all_event_types() -> list[str]:
    """Return the default of a new tenant: every event type of the contract."""
    return list(event_types.NAMES)


class Tenant(models.Model):
    """A retailer: the owner of one set of books. `slug` is its public id (`tenant_id` on the wire)."""

    slug = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    base_currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name, e.g. Europe/Athens.")
    cut_off_hour = models.PositiveSmallIntegerField(default=23, help_text="The business day ends at this local time.")
    cut_off_minute = models.PositiveSmallIntegerField(default=59)
    late_window_days = models.PositiveSmallIntegerField(
        default=3, help_text="An event of a closed day is posted into the open day up to this many days late."
    )
    enabled_event_types = ArrayField(models.CharField(max_length=32), default=all_event_types)
    strict_stores = models.BooleanField(
        default=False, help_text="Hold events of unknown stores instead of registering the store."
    )
    four_eyes_limit_minor = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Decisions on more than this (minor units of the base currency) need a second person.",
    )
    variance_limit_minor = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Drawers off by more than this (minor units of the base currency) need an approval to close.",
    )
    near_duplicate_seconds = models.PositiveSmallIntegerField(
        default=0, help_text="Hold a sale whose basket was sold under another id within so many seconds; 0: off."
    )
    books_start = models.DateField(
        help_text="The first business day anything is posted on; what claims to be older is held."
    )
    #: Counts up with every change of settings, stores, registers' or accounts' status, so that a process can
    #: tell in the posting statement itself that what it remembers is out of date.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tenants"
        permissions = [("administer_tenant", "Can administer tenants, stores, registers, keys and members")]
        constraints = [
            models.CheckConstraint(
                name="tenants_slug_shape",
                condition=Q(slug__regex=r"^[a-z0-9][a-z0-9_-]{0,63}$"),
                violation_error_message="A slug is lower-case letters, digits, - and _.",
            ),
            models.CheckConstraint(name="tenants_currency_shape", condition=Q(base_currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="tenants_cut_off_is_a_time", condition=Q(cut_off_hour__lte=23, cut_off_minute__lte=59)
            ),
            models.CheckConstraint(
                name="tenants_four_eyes_limit_not_negative",
                condition=Q(four_eyes_limit_minor__isnull=True) | Q(four_eyes_limit_minor__gte=0),
            ),
            models.CheckConstraint(
                name="tenants_variance_limit_not_negative",
                condition=Q(variance_limit_minor__isnull=True) | Q(variance_limit_minor__gte=0),
            ),
            models.CheckConstraint(
                name="tenants_near_duplicates_within_an_hour", condition=Q(near_duplicate_seconds__lte=3600)
            ),
            # 1 January 2000 in UTC, before which no till is believed, may be a business day of the year before.
            models.CheckConstraint(
                name="tenants_books_start_is_a_day",
                condition=Q(books_start__gte="1999-12-31", books_start__lt="3000-01-01"),
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Store(models.Model):
    """A shop of a tenant, named by the code its tills send as `store_id`."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="stores")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="IANA name; blank: the tenant's."
    )
    #: When something was first dated by its clock. From then on code and time zone stay: days were cut by them.
    time_zone_fixed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "stores"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="stores_one_code_per_tenant"),
            models.CheckConstraint(
                name="stores_time_zone_shape",
                condition=Q(time_zone="") | Q(time_zone__regex=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Register(models.Model):
    """A till of a store, named by the code it sends as `register_id`; it owns a cash drawer account."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="registers")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="registers")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "registers"
        constraints = [models.UniqueConstraint(fields=["tenant", "store", "code"], name="registers_one_code_per_store")]

    def __str__(self) -> str:
        return f"{self.store_id}/{self.code}"


class ApiKey(models.Model):
    """A device's credential. Only the SHA-256 of the secret is kept; `prefix` tells keys apart for people.

    A key with a store, or with a store and a register, is bound to that place and cannot reach any other.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="api_keys")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True)
    register = models.ForeignKey(Register, on_delete=models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    prefix = models.CharField(max_length=16)
    secret_sha256 = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    #: Written once, when the key is made (`api_keys_lineage`): whoever rotates a key goes on being the same principal.
    predecessor = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="successors",
        help_text="The key it replaces.",
    )
    origin = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The first key of its chain of rotations; empty: this one.",
    )
    had_own_name = models.BooleanField(
        db_default=False,
        default=False,
        editable=False,
        help_text="It was issued by a rotation before chains were known: commands may be answered under its own name.",
    )

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "prefix"], name="api_keys_one_prefix_per_tenant"),
            models.UniqueConstraint(fields=["tenant", "predecessor"], name="api_keys_one_successor"),
            models.CheckConstraint(
                name="api_keys_expire_after_creation",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
            ),
            # The books are one set for the whole tenant: a till's key neither reads nor moves them.
            models.CheckConstraint(
                name="api_keys_bound_keys_stay_in_their_place",
                condition=Q(store__isnull=True, register__isnull=True) | ~Q(scopes__overlap=list(TENANT_SCOPES)),
            ),
            models.CheckConstraint(
                name="api_keys_register_within_store",
                condition=Q(register__isnull=True) | Q(store__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["prefix"], name="api_keys_by_prefix")]

    def __str__(self) -> str:
        return self.prefix


class Membership(models.Model):
    """A person's access to one tenant: they see nothing of others. Superusers see all tenants without it.

    A person's groups decide what they may do there (`ledgersafe/tenants/staff.py`).
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tenant_memberships"
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="tenant_memberships_one_per_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.tenant_id}"
