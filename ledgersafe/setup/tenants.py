"""Creating tenants and changing their settings."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledgersafe.audit import trail
from ledgersafe.postgres.db import constraint_of, retry_serialization, tenant_transaction
from ledgersafe.setup import checks
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound

#: The guards in `ledger/migrations/sql` that hold what days and amounts were made of.
_CALENDAR_GUARD: Final = "tenants_calendar_fixed"
_START_GUARD: Final = "tenants_books_start_before_first_day"
#: Books start so long before their tenant is made: what tills have kept while it was set up is no clock's fault.
_DAYS_BEFORE: Final = timedelta(days=30)
_COLUMNS: Final = (
    "name", "base_currency", "time_zone", "cut_off_hour", "cut_off_minute", "late_window_days",
    "enabled_event_types", "strict_stores", "four_eyes_limit_minor",
    "variance_limit_minor", "near_duplicate_seconds", "books_start",
)  # fmt: skip
#: Amounts in the base currency, and what people call them.
_LIMITS: Final = {"four_eyes_limit": "four-eyes limit", "variance_limit": "variance limit"}


class TenantExists(DomainError):
    """A tenant of this slug exists already."""

    code = "TENANT_EXISTS"
    http_status = 409


class CalendarFixed(DomainError):
    """A tenant with business days keeps its base currency, time zone and cut-off: they are made of them."""

    code = "CALENDAR_FIXED"
    http_status = 409


class BooksStartFixed(DomainError):
    """The books have business days before that day: they start with the first of them, or earlier."""

    code = "BOOKS_START_FIXED"
    http_status = 409


class StaleSettings(DomainError):
    """Somebody changed these settings meanwhile: look at them again, then save once more."""

    code = "STALE_SETTINGS"
    http_status = 409


class TenantChanges(TypedDict, total=False):
    """What to change; what is left out stays. Types, times and amounts as people write them."""

    name: str
    base_currency: str
    time_zone: str
    #: Local time, `"23:59"`.
    cut_off: str
    late_window_days: int
    #: A day, `"2026-01-01"`.
    books_start: str
    #: 0: near duplicates are not looked for.
    near_duplicate_seconds: int
    #: All that are to be on; or the two below, against what is on now.
    enabled_event_types: list[str]
    enable: list[str]
    disable: list[str]
    strict_stores: bool
    #: Decimal text in the base currency; None: no limit.
    four_eyes_limit: str | None
    #: The same, of a drawer's variance.
    variance_limit: str | None


def get_tenant(slug: str) -> Tenant:
    """:raises ledgersafe.values.errors.NotFound: no tenant has this slug; the message names those that exist."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise NotFound(f"There is no tenant {slug!r} (known: {known}).")
    return tenant


def create_tenant(
    *,
    slug: str,
    name: str,
    currency: str,
    time_zone: str,
    strict_stores: bool = False,
    near_duplicate_seconds: int = 0,
    books_start: str = "",
    actor: str,
) -> Tenant:
    """Create a tenant with the default business day.

    :param books_start: a day, `"2026-01-01"`; empty: 30 days before today, by its clock.
    :raises ledgersafe.values.errors.InvalidParameter: slug, currency, time zone, seconds or day are not what they
        should be.
    :raises TenantExists: the slug is taken.
    """
    checks.check_slug(slug)
    checks.check_name(name)
    checks.check_currency(currency)
    checks.check_time_zone(time_zone)
    checks.check_near_duplicates(near_duplicate_seconds)
    today = _today(time_zone)
    start = checks.read_books_start(books_start, today=today) if books_start else today - _DAYS_BEFORE
    # A tenant is created outside any tenant: the one transaction that has no app.tenant_id until the row exists.
    with transaction.atomic(durable=True):
        tenant, created = Tenant.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name or slug,
                "base_currency": currency,
                "time_zone": time_zone,
                "cut_off_hour": settings.CUT_OFF_HOUR,
                "cut_off_minute": settings.CUT_OFF_MINUTE,
                "strict_stores": strict_stores,
                "near_duplicate_seconds": near_duplicate_seconds,
                "books_start": start,
            },
        )
        if not created:
            raise TenantExists(f"Tenant {slug!r} exists already.", field="slug")
        trail.record(
            tenant_id=tenant.id,
            actor=actor,
            action="tenants.tenant.created",
            object_type="tenant",
            object_id=slug,
            after={
                "name": tenant.name,
                "currency": currency,
                "time_zone": time_zone,
                "books_start": start.isoformat(),
            },
        )
    return tenant


def change_tenant(*, slug: str, changes: TenantChanges, actor: str, seen_version: int | None = None) -> Tenant:
    """Change a tenant's settings; what would change nothing is no change, and leaves no trace.

    :param seen_version: `Tenant.version` that the person decided on; None: whatever it is now.
    :raises ledgersafe.values.errors.NotFound: no such tenant. :raises ledgersafe.values.errors.InvalidParameter: as it
        says.
    :raises CalendarFixed: it has business days. :raises BooksStartFixed: it has some before that day.
    :raises StaleSettings: they are not what the person saw.
    """
    tenant_id = get_tenant(slug).id

    def change() -> None:
        with tenant_transaction(tenant_id):
            # The lock closes the race of two people who save at once: the second one sees the first one's settings.
            tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
            if seen_version is not None and tenant.version != seen_version:
                raise StaleSettings
            _apply(tenant, changes, actor)

    try:
        retry_serialization(change)
    except IntegrityError as error:
        match constraint_of(error):
            case constraint if constraint == _CALENDAR_GUARD:
                raise CalendarFixed(field=_fixed_field(changes)) from error
            case constraint if constraint == _START_GUARD:
                raise BooksStartFixed(field="books_start") from error
        raise
    return Tenant.objects.get(pk=tenant_id)


def _apply(tenant: Tenant, changes: TenantChanges, actor: str) -> None:
    before = _settings_of(tenant)
    for name, value in _columns(tenant, changes).items():
        setattr(tenant, name, value)
    after = _settings_of(tenant)
    changed = [name for name in _COLUMNS if before[name] != after[name]]
    if not changed:
        return
    # The trigger counts the version up: every process that posts for this tenant reads its settings anew.
    tenant.save(update_fields=changed)
    trail.record(
        tenant_id=tenant.id,
        actor=actor,
        action="tenants.tenant.changed",
        object_type="tenant",
        object_id=tenant.slug,
        before={name: _told(before[name]) for name in changed},
        after={name: _told(after[name]) for name in changed},
    )


def _settings_of(tenant: Tenant) -> dict[str, Any]:
    return {name: getattr(tenant, name) for name in _COLUMNS}


def _told(value: Any) -> Any:
    """A setting as the audit trail keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def _columns(tenant: Tenant, changes: TenantChanges) -> dict[str, Any]:
    """The changes as columns of the table, checked."""
    columns: dict[str, Any] = {}
    if "name" in changes:
        checks.check_text("The name", changes["name"], checks.MAX_NAME, field="name")
        columns["name"] = changes["name"]
    if "late_window_days" in changes:
        checks.check_late_window(changes["late_window_days"])
        columns["late_window_days"] = changes["late_window_days"]
    if "near_duplicate_seconds" in changes:
        checks.check_near_duplicates(changes["near_duplicate_seconds"])
        columns["near_duplicate_seconds"] = changes["near_duplicate_seconds"]
    if "strict_stores" in changes:
        columns["strict_stores"] = changes["strict_stores"]
    if "books_start" in changes:
        columns["books_start"] = checks.read_books_start(changes["books_start"], today=_today(tenant.time_zone))
    return columns | _event_types(tenant, changes) | _calendar(changes) | _limits(tenant, changes)


def _event_types(tenant: Tenant, changes: TenantChanges) -> dict[str, Any]:
    if not changes.keys() & {"enabled_event_types", "enable", "disable"}:
        return {}
    enabled = set(changes.get("enabled_event_types", tenant.enabled_event_types))
    enable, disable = changes.get("enable", []), changes.get("disable", [])
    checks.read_event_types(disable)
    if both := sorted(set(enable) & set(disable)):
        raise InvalidParameter(f"{', '.join(both)} cannot be both enabled and disabled.", field="enabled_event_types")
    return {"enabled_event_types": checks.read_event_types((enabled | set(enable)) - set(disable))}


def _calendar(changes: TenantChanges) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "base_currency" in changes:
        checks.check_currency(changes["base_currency"])
        columns["base_currency"] = changes["base_currency"]
    if "time_zone" in changes:
        checks.check_time_zone(changes["time_zone"])
        columns["time_zone"] = changes["time_zone"]
    if "cut_off" in changes:
        at = checks.read_cut_off(changes["cut_off"])
        columns |= {"cut_off_hour": at.hour, "cut_off_minute": at.minute}
    return columns


def _limits(tenant: Tenant, changes: TenantChanges) -> dict[str, Any]:
    currency = changes.get("base_currency", tenant.base_currency)
    asked: Mapping[str, Any] = changes
    columns: dict[str, Any] = {}
    for field, called in _LIMITS.items():
        if field in asked:
            columns[f"{field}_minor"] = checks.read_limit(asked[field], currency, field=field)
        elif currency != tenant.base_currency and getattr(tenant, f"{field}_minor") is not None:
            # 500.00 USD must not silently become 50000 yen.
            raise InvalidParameter(f"State the {called} anew, in {currency}.", field=field)
    return columns


def _today(time_zone: str) -> date:
    """What the calendar on the wall says there."""
    return timezone.now().astimezone(ZoneInfo(time_zone)).date()


def _fixed_field(changes: TenantChanges) -> str:
    return next((name for name in ("base_currency", "time_zone", "cut_off") if name in changes), "")
