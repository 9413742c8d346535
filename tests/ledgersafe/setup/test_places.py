"""Stores and registers: created once, renamed, never recoded."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.setup import RegisterExists, StoreExists
from ledgersafe.tenants.models import Register, Store, Tenant
from ledgersafe.values.errors import InvalidParameter, NotFound
from tests.conftest import Shop, open_shop


def add_store(shop: Shop, code: str = "north", name: str = "") -> Store:
    return setup.create_store(slug=shop.slug, code=code, name=name, actor="user:eve")


def add_register(shop: Shop, code: str = "till-9", store_code: str = "north", name: str = "") -> Register:
    return setup.create_register(slug=shop.slug, store_code=store_code, code=code, name=name, actor="user:eve")


def trail_of(shop: Shop, action: str) -> list[tuple[str, Any, Any]]:
    rows = AuditEntry.objects.filter(tenant=shop.tenant, action=action).order_by("id")
    return [(row.object_id, row.before, row.after) for row in rows]


def test_a_store_and_its_register_are_created_and_written_down(shop: Shop) -> None:
    version = Tenant.objects.get(pk=shop.tenant.pk).version
    assert add_store(shop, name="North Street").name == "North Street"
    assert add_register(shop, name="Express").store.code == "north"
    assert trail_of(shop, "tenants.store.created") == [("north", None, {"name": "North Street"})]
    assert trail_of(shop, "tenants.register.created") == [("north/till-9", None, {"name": "Express"})]
    assert Tenant.objects.get(pk=shop.tenant.pk).version == version + 2


def test_a_code_is_taken_once_per_tenant_and_store(shop: Shop) -> None:
    add_store(shop)
    add_store(shop, "south")
    with pytest.raises(StoreExists):
        add_store(shop)
    add_register(shop)
    add_register(shop, store_code="south")
    with pytest.raises(RegisterExists):
        add_register(shop)
    add_store(open_shop())  # another tenant's is another store
    assert shop.number("stores") == 2


def test_of_many_who_create_the_same_store_one_does(shop: Shop) -> None:
    def create(_: int) -> bool:
        try:
            add_store(shop)
        except StoreExists:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1
    assert len(trail_of(shop, "tenants.store.created")) == 1


@pytest.mark.parametrize("code", ["", " ", " north", "north ", "x" * 65, "a\x00", "a\nb"])
def test_a_code_no_till_could_send_is_refused(shop: Shop, code: str) -> None:
    add_store(shop, "here")
    for create in (lambda: add_store(shop, code), lambda: add_register(shop, code, "here")):
        with pytest.raises(InvalidParameter) as caught:
            create()
        assert caught.value.context["field"] == "code"
    assert shop.number("stores") == 1
    assert shop.number("registers") == 0


def test_another_name_is_written_down_and_the_same_again_is_not(shop: Shop) -> None:
    add_store(shop, name="Old")
    add_register(shop)
    for _ in range(2):
        setup.rename_store(slug=shop.slug, code="north", name="New", actor="user:eve")
        setup.rename_register(slug=shop.slug, store_code="north", code="till-9", name="Fast", actor="user:eve")
    assert trail_of(shop, "tenants.store.renamed") == [("north", {"name": "Old"}, {"name": "New"})]
    assert trail_of(shop, "tenants.register.renamed") == [("north/till-9", {"name": ""}, {"name": "Fast"})]


def test_what_is_not_there_or_not_ours_is_not_found(shop: Shop) -> None:
    other = open_shop()
    add_store(other)
    add_register(other)
    who: dict[str, Any] = {"slug": shop.slug, "actor": "user:eve"}
    with pytest.raises(NotFound):
        add_register(shop)
    with pytest.raises(NotFound):
        setup.rename_store(code="north", name="x", **who)
    with pytest.raises(NotFound):
        setup.rename_register(store_code="north", code="till-9", name="x", **who)
