"""Attacks on the clocks of stores with raw SQL, as the owner."""

import psycopg
import pytest

from ledgersafe.tenants.models import Tenant
from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.store_zones import EAST, add_store, day_in


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop with a store in Tokyo that has posted."""
    add_store(shop, "tokyo", EAST)
    day_in(shop, "tokyo", "2026-02-25T09:00")
    return shop


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE stores SET time_zone = 'America/Los_Angeles' WHERE tenant_id = %s AND code = 'tokyo'",
        "UPDATE stores SET time_zone = '' WHERE tenant_id = %s AND code = 'tokyo'",
        "UPDATE stores SET code = 'osaka' WHERE tenant_id = %s AND code = 'tokyo'",
        "UPDATE stores SET time_zone_fixed_at = NULL WHERE tenant_id = %s AND code = 'tokyo'",
        "DELETE FROM stores WHERE tenant_id = %s AND code = 'tokyo'",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_store_that_has_posted_keeps_its_clock(sold: Shop, as_owner: Raw, attack: str, role: str) -> None:
    as_owner.execute(f"SET session_replication_role = {role}")
    with assert_refused_by("stores_time_zone_fixed"):
        as_owner.execute(attack.encode(), [sold.tenant.id])


def test_it_is_not_moved_to_another_tenant(sold: Shop, as_owner: Raw) -> None:
    with assert_refused_by("stores_time_zone_fixed"):
        as_owner.execute(
            "UPDATE stores SET tenant_id = %s WHERE tenant_id = %s AND code = 'tokyo'",
            [open_shop().tenant.id, sold.tenant.id],
        )


def test_its_name_is_nobodys_clock(sold: Shop, as_owner: Raw) -> None:
    named = "UPDATE stores SET name = 'Ginza' WHERE tenant_id = %s AND code = 'tokyo'"
    assert as_owner.execute(named, [sold.tenant.id]).rowcount == 1


@pytest.mark.parametrize("zone", ["Mars/Olympus", "utc+3", "Europe/Athens ", "' OR 1=1 --", "FOO5"])
def test_a_clock_that_does_not_exist_is_refused(shop: Shop, as_owner: Raw, zone: str) -> None:
    with assert_refused_by("stores_time_zone_known"):
        as_owner.execute("INSERT INTO stores (tenant_id, code, name, time_zone) VALUES (%s, 's', '', %s)", [
            shop.tenant.id, zone,
        ])  # fmt: skip


@pytest.mark.parametrize("zone", ["Europe Athens", "/", "Europe//Athens", "Ευρώπη/Αθήνα", "Europe/Athens\n"])
def test_what_has_not_the_shape_of_a_name_is_refused_even_unguarded(shop: Shop, as_owner: Raw, zone: str) -> None:
    as_owner.execute("ALTER TABLE stores DISABLE TRIGGER stores_guard")
    with assert_refused_by("stores_time_zone_shape"):
        as_owner.execute("INSERT INTO stores (tenant_id, code, name, time_zone) VALUES (%s, 's', '', %s)", [
            shop.tenant.id, zone,
        ])  # fmt: skip


def test_whatever_changes_a_clock_makes_memory_out_of_date(shop: Shop, as_owner: Raw) -> None:
    def version_after(statement: str) -> int:
        as_owner.execute(statement.encode(), [shop.tenant.id])
        as_owner.commit()
        return Tenant.objects.get(pk=shop.tenant.pk).version

    first = Tenant.objects.get(pk=shop.tenant.pk).version
    where = "WHERE tenant_id = %s AND code = 'a'"
    steps = [
        "INSERT INTO stores (tenant_id, code, name, time_zone) VALUES (%s, 'a', '', 'Asia/Tokyo')",
        f"UPDATE stores SET time_zone = 'Asia/Seoul' {where}",
        f"UPDATE stores SET code = 'b' {where}",
        "UPDATE stores SET code = 'a' WHERE tenant_id = %s AND code = 'b'",
        f"DELETE FROM stores {where}",
    ]
    assert [version_after(step) - first for step in steps] == [1, 2, 3, 4, 5]
    others = [
        "INSERT INTO stores (tenant_id, code, name) VALUES (%s, 'a', '')",
        f"UPDATE stores SET name = 'A' {where}",
    ]
    assert [version_after(step) - first for step in others] == [5, 5]


def test_the_application_cannot_turn_the_guard_off(shop: Shop, as_application: Raw) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute("ALTER TABLE stores DISABLE TRIGGER stores_guard")
