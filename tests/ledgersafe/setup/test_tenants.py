"""Changing a tenant: what is allowed, what is written down, and that posting hears of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.setup import CalendarFixed, StaleSettings, TenantChanges
from ledgersafe.tenants import event_types
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter, NotFound
from tests.conftest import Shop


def change(shop: Shop, seen_version: int | None = None, **changes: Any) -> Tenant:
    wanted: Any = changes
    typed: TenantChanges = wanted
    return setup.change_tenant(slug=shop.slug, changes=typed, actor="user:eve", seen_version=seen_version)


def entries(shop: Shop, action: str = "tenants.tenant.changed") -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(tenant=shop.tenant, action=action).order_by("id"))


def test_it_changes_what_is_named_and_leaves_the_rest(shop: Shop) -> None:
    tenant = change(shop, name="Nova", late_window_days=9, strict_stores=True, four_eyes_limit="500")
    assert (tenant.name, tenant.late_window_days, tenant.strict_stores) == ("Nova", 9, True)
    assert tenant.four_eyes_limit_minor == 50_000
    assert tenant.enabled_event_types == list(event_types.NAMES)
    assert tenant.base_currency == "USD"


def test_the_trail_says_who_changed_what_from_what(shop: Shop) -> None:
    change(shop, late_window_days=9, four_eyes_limit="0.01")
    (entry,) = entries(shop)
    assert entry.actor == "user:eve"
    assert entry.before == {"late_window_days": 3, "four_eyes_limit_minor": None}
    assert entry.after == {"late_window_days": 9, "four_eyes_limit_minor": 1}


def test_what_changes_nothing_leaves_no_trace_and_no_new_version(shop: Shop) -> None:
    version = Tenant.objects.get(pk=shop.tenant.pk).version
    change(shop, name=shop.tenant.name, late_window_days=3, enable=["SALE"])
    assert entries(shop) == []
    assert Tenant.objects.get(pk=shop.tenant.pk).version == version


def test_posting_hears_of_it_at_once(shop: Shop) -> None:
    assert shop.send(shop.sale()).status_code == 201  # this process now remembers the settings
    change(shop, disable=["SALE"])
    held = shop.send(shop.sale("evt-2"))
    assert (held.status_code, held.json()["reason_code"]) == (202, "UNKNOWN_EVENT_TYPE")
    change(shop, enable=["SALE"])
    assert shop.send(shop.sale("evt-3")).status_code == 201


def test_a_strict_tenant_holds_what_comes_from_nowhere_until_the_store_is_created(shop: Shop) -> None:
    change(shop, strict_stores=True)
    assert shop.send(shop.sale()).status_code == 202
    setup.create_store(slug=shop.slug, code="store-1", actor="user:eve")
    setup.create_register(slug=shop.slug, store_code="store-1", code="till-1", actor="user:eve")
    assert shop.send(shop.sale("evt-2")).status_code == 201


def test_event_types_are_kept_in_the_contracts_order_each_once(shop: Shop) -> None:
    assert change(shop, enabled_event_types=["VOID", "SALE", "SALE"]).enabled_event_types == ["SALE", "VOID"]
    assert change(shop, enable=["RETURN"], disable=["VOID"]).enabled_event_types == ["SALE", "RETURN"]
    assert change(shop, enabled_event_types=[]).enabled_event_types == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": "x" * 201}, "name"), ({"name": "a\x00"}, "name"),
        ({"near_duplicate_seconds": -1}, "near_duplicate_seconds"),
        ({"near_duplicate_seconds": 3601}, "near_duplicate_seconds"),
        ({"late_window_days": -1}, "late_window_days"), ({"late_window_days": 366}, "late_window_days"),
        ({"enabled_event_types": ["MAGIC"]}, "enabled_event_types"), ({"enable": ["sale"]}, "enabled_event_types"),
        ({"disable": ["MAGIC"]}, "enabled_event_types"),
        ({"enable": ["SALE"], "disable": ["SALE"]}, "enabled_event_types"),
        ({"four_eyes_limit": "-1"}, "four_eyes_limit"), ({"four_eyes_limit": "1.234"}, "four_eyes_limit"),
        ({"four_eyes_limit": "1,000"}, "four_eyes_limit"), ({"four_eyes_limit": "NaN"}, "four_eyes_limit"),
        ({"four_eyes_limit": "1e400"}, "four_eyes_limit"), ({"four_eyes_limit": ""}, "four_eyes_limit"),
        ({"base_currency": "usd"}, "base_currency"), ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"cut_off": "24:00"}, "cut_off"), ({"cut_off": "2:30"}, "cut_off"), ({"cut_off": "02:60"}, "cut_off"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field_and_changes_nothing(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    before = Tenant.objects.filter(pk=shop.tenant.pk).values().get()
    with pytest.raises(InvalidParameter) as caught:
        change(shop, **{"late_window_days": 7} | changes)
    assert caught.value.context["field"] == field
    assert Tenant.objects.filter(pk=shop.tenant.pk).values().get() == before
    assert entries(shop) == []


def test_the_calendar_can_be_changed_until_the_first_business_day(shop: Shop) -> None:
    tenant = change(shop, base_currency="JPY", time_zone="Asia/Tokyo", cut_off="02:30")
    assert (tenant.base_currency, tenant.time_zone) == ("JPY", "Asia/Tokyo")
    assert (tenant.cut_off_hour, tenant.cut_off_minute) == (2, 30)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_currency": "EUR"}, "base_currency"),
        ({"time_zone": "Europe/Athens"}, "time_zone"),
        ({"cut_off": "02:30"}, "cut_off"),
    ],
)
def test_the_calendar_of_a_tenant_with_business_days_is_fixed(shop: Shop, changes: dict[str, Any], field: str) -> None:
    assert shop.send(shop.sale()).status_code == 201
    with pytest.raises(CalendarFixed) as caught:
        change(shop, late_window_days=7, **changes)
    assert caught.value.context["field"] == field
    assert Tenant.objects.get(pk=shop.tenant.pk).late_window_days == 3
    assert change(shop, late_window_days=7, time_zone="UTC").late_window_days == 7  # the same again is no change


def test_a_limit_does_not_change_its_meaning_with_the_currency(shop: Shop) -> None:
    change(shop, four_eyes_limit="500.00")
    with pytest.raises(InvalidParameter, match="again, in JPY"):
        change(shop, base_currency="JPY")
    assert change(shop, base_currency="JPY", four_eyes_limit="70000").four_eyes_limit_minor == 70_000
    assert change(shop, four_eyes_limit=None).four_eyes_limit_minor is None


def test_whoever_saves_what_they_saw_before_is_told_so(shop: Shop) -> None:
    seen = Tenant.objects.get(pk=shop.tenant.pk).version
    change(shop, seen, late_window_days=5)
    with pytest.raises(StaleSettings):
        change(shop, seen, late_window_days=6)
    assert Tenant.objects.get(pk=shop.tenant.pk).late_window_days == 5


def test_of_many_who_save_at_once_one_wins(shop: Shop) -> None:
    seen = Tenant.objects.get(pk=shop.tenant.pk).version

    def save(days: int) -> bool:
        try:
            change(shop, seen, late_window_days=days)
        except StaleSettings:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(10, 18))) == 1
    assert len(entries(shop)) == 1


def test_an_unknown_tenant_is_refused(books: None) -> None:
    with pytest.raises(NotFound):
        setup.change_tenant(slug="no-such-tenant", changes={"name": "x"}, actor="user:eve")
