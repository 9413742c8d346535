"""The time zone of a store: set until it has posted, written down, and refused when there is none such."""

from collections.abc import Callable
from typing import Any

import pytest

from ledgersafe import setup
from ledgersafe.setup import StoreExists, StoreZoneFixed, places
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.errors import InvalidParameter, NotFound
from tests.conftest import Shop
from tests.ledgersafe.setup.test_access_commands import refused, run
from tests.ledgersafe.setup.test_places import trail_of
from tests.scenes.store_zones import EAST, WEST, add_store, day_in


def set_zone(shop: Shop, zone: str, code: str = "north") -> Store:
    return setup.set_store_zone(slug=shop.slug, code=code, time_zone=zone, actor="user:eve")


def zone_of(shop: Shop, code: str = "north") -> str:
    return Store.objects.get(tenant=shop.tenant, code=code).time_zone


def version_of(shop: Shop) -> int:
    return Tenant.objects.get(pk=shop.tenant.pk).version


def test_a_change_is_written_down_and_counts_the_tenants_version_up(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    before = version_of(shop)
    assert set_zone(shop, WEST).time_zone == zone_of(shop) == WEST
    assert version_of(shop) > before
    assert trail_of(shop, "tenants.store.created") == [("north", None, {"name": "", "time_zone": EAST})]
    assert trail_of(shop, "tenants.store.changed") == [("north", {"time_zone": EAST}, {"time_zone": WEST})]


def test_the_same_again_leaves_no_trace(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    before = version_of(shop)
    set_zone(shop, EAST)
    assert version_of(shop) == before
    assert trail_of(shop, "tenants.store.changed") == []


def test_it_goes_back_to_the_tenants_clock(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    set_zone(shop, "")
    assert zone_of(shop) == ""


@pytest.mark.parametrize("zone", ["Mars", "UTC+3", "../etc/passwd", "/etc/localtime", "x" * 65, "a\x00", " "])
def test_what_is_no_time_zone_is_refused(shop: Shop, zone: str) -> None:
    add_store(shop, "north", EAST)
    attempts: list[Callable[[], Store]] = [lambda: set_zone(shop, zone), lambda: add_store(shop, "south", zone)]
    for attempt in attempts:
        with pytest.raises(InvalidParameter) as caught:
            attempt()
        assert caught.value.context["field"] == "time_zone"
    assert zone_of(shop) == EAST
    assert shop.number("stores") == 1


def test_what_only_python_knows_is_refused_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    add_store(shop, "north", EAST)
    monkeypatch.setattr("ledgersafe.setup.checks.check_time_zone", lambda name: None)
    with pytest.raises(InvalidParameter, match="database does not know"):
        set_zone(shop, "Mars/Olympus")


def test_a_store_that_has_posted_keeps_its_time_zone(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    day_in(shop, "north", "2026-02-25T09:00")
    with pytest.raises(StoreZoneFixed) as caught:
        set_zone(shop, WEST)
    assert caught.value.context["field"] == "time_zone"
    assert zone_of(shop) == EAST
    assert setup.rename_store(slug=shop.slug, code="north", name="North", actor="user:eve").name == "North"


def test_a_store_that_has_only_been_held_may_still_get_one(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    assert shop.send(shop.sale("held", store_id="north", event_type="LOYALTY")).status_code == 202
    assert set_zone(shop, WEST).time_zone == WEST


def test_an_absent_store_is_said_to_be(shop: Shop) -> None:
    with pytest.raises(NotFound):
        set_zone(shop, EAST, "nowhere")
    with pytest.raises(NotFound):
        setup.set_store_zone(slug="nobody", code="north", time_zone=EAST, actor="user:eve")


def test_a_store_that_registers_itself_meanwhile_is_not_given_a_clock(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = places._add_store

    def till_first(tenant: Tenant, code: str, *rest: Any) -> Store:
        Store.objects.create(tenant=tenant, code=code)
        return add(tenant, code, *rest)

    monkeypatch.setattr(places, "_add_store", till_first)
    with pytest.raises(StoreExists):
        add_store(shop, "north", EAST)
    assert shop.number("stores") == 0


# ── Commands ────────────────────────────────────────────────────────────────────────────────────
def test_commands_create_and_change_it(shop: Shop) -> None:
    run("create_store", shop.slug, "north", "--time-zone", EAST)
    assert zone_of(shop) == EAST
    printed = run("change_store", shop.slug, "north", "--time-zone", WEST, "--name", "North")
    assert WEST in printed
    assert "North" in printed
    assert "its tenant" in run("change_store", shop.slug, "north", "--time-zone", "none")
    assert zone_of(shop) == ""
    before = version_of(shop)
    assert "North" in run("change_store", shop.slug, "north")
    assert version_of(shop) == before


def test_commands_refuse_in_one_line(shop: Shop) -> None:
    add_store(shop, "north", EAST)
    day_in(shop, "north", "2026-02-25T09:00")
    assert "business days" in refused("change_store", shop.slug, "north", "--time-zone", WEST)
    assert "not a time zone" in refused("change_store", shop.slug, "north", "--time-zone", "Mars")
    assert "no store" in refused("change_store", shop.slug, "south", "--name", "South")
    assert "not a time zone" in refused("create_store", shop.slug, "south", "--time-zone", "Mars")
