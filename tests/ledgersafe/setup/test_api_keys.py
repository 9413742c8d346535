"""Keys: bound to a place, rotated with a grace period, revoked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.setup import AlreadyRotated, KeyNotLive, api_keys
from ledgersafe.tenants import authentication
from ledgersafe.tenants.keys import ScopeNotForBoundKey
from ledgersafe.tenants.models import TENANT_SCOPES, ApiKey
from ledgersafe.values.errors import InvalidParameter, NotFound
from tests.conftest import Shop, open_shop


def create(shop: Shop, **how: Any) -> tuple[ApiKey, str]:
    chosen: dict[str, Any] = {"scopes": ["events:write"], "actor": "user:eve", "now": timezone.now()} | how
    return setup.create_api_key(slug=shop.slug, **chosen)


def rotate(shop: Shop, prefix: str, **how: Any) -> tuple[ApiKey, str]:
    chosen: dict[str, Any] = {"actor": "user:eve", "now": timezone.now()} | how
    return setup.rotate_api_key(slug=shop.slug, prefix=prefix, **chosen)


def send(shop: Shop, key: str, event_id: str, **changes: Any) -> Any:
    return shop.send(shop.sale(event_id, **changes), HTTP_AUTHORIZATION=f"Bearer {key}")


def test_a_key_bound_to_a_register_is_refused_events_of_others(shop: Shop) -> None:
    row, key = create(shop, store_code="store-1", register_code="till-1")
    assert row.register is not None
    assert send(shop, key, "evt-1").status_code == 201
    refused = send(shop, key, "evt-2", register_id="till-2")
    assert (refused.status_code, refused.json()["code"]) == (403, "REGISTER_MISMATCH")


def test_a_place_that_is_new_is_written_down_as_created(shop: Shop) -> None:
    create(shop, store_code="new", register_code="till-1")
    actions = AuditEntry.objects.filter(tenant=shop.tenant).order_by("id").values_list("action", flat=True)
    assert list(actions)[-3:] == ["tenants.store.created", "tenants.register.created", "tenants.api_key.created"]


@pytest.mark.parametrize("place", [{"register_code": "till-1"}, {"store_code": "s", "register_code": ""}])
def test_a_register_without_its_store_is_refused(shop: Shop, place: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter):
        create(shop, **place)
    assert shop.number("api_keys") == 1


@pytest.mark.parametrize("scope", TENANT_SCOPES)
@pytest.mark.parametrize("place", [{"store_code": "new"}, {"store_code": "new", "register_code": "till-1"}])
def test_a_bound_key_is_refused_what_is_the_whole_tenants(shop: Shop, scope: str, place: dict[str, str]) -> None:
    with pytest.raises(ScopeNotForBoundKey) as caught:
        create(shop, scopes=["events:write", scope], **place)
    assert f"cannot hold {scope}: what that opens is the whole tenant's." in caught.value.message
    assert shop.number("api_keys") == 1
    assert shop.number("stores") == 0  # nor is its place created


def test_an_old_key_that_holds_too_much_has_no_successor(shop: Shop) -> None:
    old, _ = create(shop, store_code="store-1")
    old.scopes = ["ledger:write"]
    with patch.object(api_keys, "_locked_live", return_value=old), pytest.raises(ScopeNotForBoundKey):
        rotate(shop, old.prefix)
    assert shop.number("api_keys") == 2


def test_a_successor_may_what_its_predecessor_may(shop: Shop) -> None:
    old, _ = create(shop, scopes=["events:write", "events:read"], name="till 4", store_code="store-1")
    new, key = rotate(shop, old.prefix)
    principal = authentication.authenticate(key)
    assert principal is not None
    assert principal.scopes == {"events:write", "events:read"}
    assert principal.store_code == "store-1"
    assert (new.name, new.expires_at) == ("till 4", None)


def test_both_keys_work_for_the_grace_period(shop: Shop) -> None:
    old, old_key = create(shop)
    _, new_key = rotate(shop, old.prefix)
    assert send(shop, old_key, "evt-1").status_code == 201
    assert send(shop, new_key, "evt-2").status_code == 201
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)
    now = timezone.now()
    ApiKey.objects.filter(pk=old.pk).update(expires_at=now - timedelta(seconds=1), created_at=now - timedelta(days=1))
    assert send(shop, old_key, "evt-3").status_code == 401
    assert send(shop, new_key, "evt-4").status_code == 201


def test_without_grace_the_old_key_is_worthless_at_once(shop: Shop) -> None:
    old, old_key = create(shop)
    assert send(shop, old_key, "evt-1").status_code == 201  # this process now remembers it
    rotate(shop, old.prefix, grace=timedelta(0))
    assert send(shop, old_key, "evt-2").status_code == 401


def test_an_earlier_end_stays_and_the_successor_lives_as_long_as_it_was_given(shop: Shop) -> None:
    old, _ = create(shop, expires_in=timedelta(hours=1))
    ends = old.expires_at
    new, _ = rotate(shop, old.prefix)
    old.refresh_from_db()
    assert old.expires_at == ends
    assert new.expires_at is not None
    assert timedelta(minutes=59) < new.expires_at - timezone.now() < timedelta(minutes=61)


def test_the_trail_names_both_keys_and_neither_secret(shop: Shop) -> None:
    old, _ = create(shop)
    new, key = rotate(shop, old.prefix)
    entry = AuditEntry.objects.get(tenant=shop.tenant, action="tenants.api_key.rotated")
    assert entry.object_id == old.prefix
    assert entry.before == {"expires_at": None, "revoked_at": None}
    assert entry.after is not None
    assert entry.after["successor"] == new.prefix
    created = AuditEntry.objects.filter(tenant=shop.tenant, action="tenants.api_key.created").latest("id")
    assert created.after is not None
    assert created.after["predecessor"] == old.prefix
    ((everything,),) = shop.rows("SELECT jsonb_agg(to_jsonb(a))::text FROM audit_log a WHERE tenant_id = %s")
    assert key.split("_", 2)[2] not in everything


def test_a_key_has_one_successor_however_many_rotate_it_at_once(shop: Shop) -> None:
    old, _ = create(shop)

    def try_it(_: int) -> bool:
        try:
            rotate(shop, old.prefix)
        except AlreadyRotated:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
    assert shop.number("api_keys") == 3


@pytest.mark.parametrize("grace", [timedelta(seconds=-1), timedelta(days=31)])
def test_a_grace_that_cannot_be_is_refused(shop: Shop, grace: timedelta) -> None:
    with pytest.raises(InvalidParameter):
        rotate(shop, shop.principal.prefix, grace=grace)
    assert shop.number("api_keys") == 1


def test_a_key_that_is_not_live_is_not_rotated(shop: Shop) -> None:
    dead, _ = create(shop)
    setup.revoke_api_key(slug=shop.slug, prefix=dead.prefix, actor="user:eve", now=timezone.now())
    late, _ = create(shop, expires_in=timedelta(seconds=1))
    with pytest.raises(KeyNotLive):
        rotate(shop, dead.prefix)
    with pytest.raises(KeyNotLive):
        rotate(shop, late.prefix, now=timezone.now() + timedelta(seconds=2))


def test_another_tenants_key_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        rotate(open_shop(), shop.principal.prefix)
