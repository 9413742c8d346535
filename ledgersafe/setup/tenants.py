"""Create tenants, and change their settings."""

from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from ledgersafe.audit import trail
from ledgersafe.postgres.db import constraint_of, retry_serialization, tenant_transaction
from ledgersafe.setup import checks
from ledgersafe.setup.tenant_settings import TenantChanges, columns_of, today_in
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError, NotFound

#: Guards in `ledger/sql` on settings that existing days and amounts depend on.
_CALENDAR_GUARD: Final = "tenants_calendar_fixed"
_START_GUARD: Final = "tenants_books_start_before_first_day"
#: Books start this long before the tenant's creation, so that events which tills kept meanwhile are accepted.
_DAYS_BEFORE: Final = timedelta(days=30)


_COLUMNS: Final = (
    "name", "base_currency", "time_zone", "cut_off_hour", "cut_off_minute", "late_window_days",
    "enabled_event_types", "strict_stores", "four_eyes_limit_minor",
    "variance_limit_minor", "near_duplicate_seconds", "books_start",
)  # fmt: skip


class TenantExists(DomainError):
    """A tenant with this slug already exists."""

    code = "TENANT_EXISTS"
    http_status = 409


class CalendarFixed(DomainError):
    """Base currency, time zone and cut-off of a tenant with business days are fixed."""

    code = "CALENDAR_FIXED"
    http_status = 409


class BooksStartFixed(DomainError):
    """The books already have earlier business days: choose a date no later than the first."""

    code = "BOOKS_START_FIXED"
    http_status = 409


class StaleSettings(DomainError):
    """Someone else changed these settings meanwhile. Check them, then save again."""

    code = "STALE_SETTINGS"
    http_status = 409


def get_tenant(slug: str) -> Tenant:
    """Return a tenant by slug.

    :raises ledgersafe.values.errors.NotFound: no such slug; the message names those that exist.
    """
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
    :raises ledgersafe.values.errors.InvalidParameter: slug, currency, time zone, seconds or day is not valid.
    :raises TenantExists: the slug is taken.
    """
    checks.check_slug(slug)
    checks.check_name(name)
    checks.check_currency(currency)
    checks.check_time_zone(time_zone)
    checks.check_near_duplicates(near_duplicate_seconds)
    today = today_in(time_zone)
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
            raise TenantExists(f"Tenant {slug!r} already exists.", field="slug")
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
    """Change a tenant's settings; a change to the same values leaves no trace.

    :param seen_version: the `Tenant.version` that the person saw; None: do not compare.
    :raises ledgersafe.values.errors.NotFound: no such tenant.
    :raises ledgersafe.values.errors.InvalidParameter: a value is not valid.
    :raises CalendarFixed: it has business days. :raises BooksStartFixed: it has earlier business days.
    :raises StaleSettings: the settings changed after the person saw them.
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
    for name, value in columns_of(tenant, changes).items():
        setattr(tenant, name, value)
    after = _settings_of(tenant)
    changed = [name for name in _COLUMNS if before[name] != after[name]]
    if not changed:
        return
    # The trigger increments the version, so that every process that posts for this tenant reads its settings again.
    tenant.save(update_fields=changed)
    trail.record(
        tenant_id=tenant.id,
        actor=actor,
        action="tenants.tenant.changed",
        object_type="tenant",
        object_id=tenant.slug,
        before={name: _settings_text(before[name]) for name in changed},
        after={name: _settings_text(after[name]) for name in changed},
    )


def _settings_of(tenant: Tenant) -> dict[str, Any]:
    return {name: getattr(tenant, name) for name in _COLUMNS}


def _settings_text(value: Any) -> Any:
    """Format a setting for the audit trail."""
    return value.isoformat() if isinstance(value, date) else value


def _fixed_field(changes: TenantChanges) -> str:
    return next((name for name in ("base_currency", "time_zone", "cut_off") if name in changes), "")
