"""Check the settings of a tenant, and turn them into columns of its row."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from django.utils import timezone

from ledgersafe.setup import checks
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter

#: Limits in the base currency, with their names for people.
_LIMITS: Final = {"four_eyes_limit": "four-eyes limit", "variance_limit": "variance limit"}


class TenantChanges(TypedDict, total=False):
    """Settings to change; the rest stays. Times and amounts are text, as people write them."""

    name: str
    base_currency: str
    time_zone: str
    #: Local time, `"23:59"`.
    cut_off: str
    late_window_days: int
    #: A day, `"2026-01-01"`.
    books_start: str
    #: 0: no check for near duplicates.
    near_duplicate_seconds: int
    #: All accepted types; or the two below, relative to the current ones.
    enabled_event_types: list[str]
    enable: list[str]
    disable: list[str]
    strict_stores: bool
    #: Decimal text in the base currency; None: no limit.
    four_eyes_limit: str | None
    #: The same, of a drawer's variance.
    variance_limit: str | None


def columns_of(tenant: Tenant, changes: TenantChanges) -> dict[str, Any]:
    """Check the changes, and return them as columns of the tenant's row."""
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
        columns["books_start"] = checks.read_books_start(changes["books_start"], today=today_in(tenant.time_zone))
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
    given: Mapping[str, Any] = changes
    columns: dict[str, Any] = {}
    for field, called in _LIMITS.items():
        if field in given:
            columns[f"{field}_minor"] = checks.read_limit(given[field], currency, field=field)
        elif currency != tenant.base_currency and getattr(tenant, f"{field}_minor") is not None:
            # 500.00 USD must not silently become 50000 yen.
            raise InvalidParameter(f"Enter the {called} again, in {currency}.", field=field)
    return columns


def today_in(time_zone: str) -> date:
    """Return today's date in a time zone."""
    return timezone.now().astimezone(ZoneInfo(time_zone)).date()
