"""Attacks on keys with raw SQL, as the owner and as the application; and what the migration did to keys there were."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from ledgersafe import setup
from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES
from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by

IN_PLACE, WITHIN = "api_keys_bound_keys_stay_in_their_place", "api_keys_register_within_store"
MIGRATION = Path(settings.BASE_DIR) / "ledgersafe/tenants/migrations/sql/0010_bound_keys.sql"
BIND = "UPDATE api_keys SET store_id = %s, register_id = %s, scopes = %s WHERE tenant_id = %s"


@pytest.fixture
def place(shop: Shop) -> tuple[int, int]:
    """(store, register) of the shop, by id."""
    setup.create_store(slug=shop.slug, code="s1", actor="system:test")
    row = setup.create_register(slug=shop.slug, store_code="s1", code="r1", actor="system:test")
    return row.store_id, row.pk


@pytest.fixture(params=["as_owner", "as_application"])
def raw(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("scope", TENANT_SCOPES)
@pytest.mark.parametrize("to_register", [True, False])
def test_a_key_that_holds_what_is_the_tenants_is_not_bound(
    shop: Shop, place: tuple[int, int], raw: Raw, scope: str, to_register: bool
) -> None:
    store, register = place
    with assert_refused_by(IN_PLACE):
        raw.execute(BIND, [store, register if to_register else None, ["events:read", scope], shop.tenant.id])


def test_a_register_is_named_with_its_store(shop: Shop, place: tuple[int, int], raw: Raw) -> None:
    with assert_refused_by(WITHIN):
        raw.execute(BIND, [None, place[1], ["events:read"], shop.tenant.id])


def test_triggers_that_are_off_do_not_help(shop: Shop, place: tuple[int, int], as_owner: Raw) -> None:
    as_owner.execute("SET session_replication_role = replica")
    with assert_refused_by(IN_PLACE):
        as_owner.execute(BIND, [*place, ["admin"], shop.tenant.id])


def test_a_bound_key_may_hold_all_that_is_its_places(shop: Shop, place: tuple[int, int], raw: Raw) -> None:
    held = [scope for scope in SCOPES if scope not in TENANT_SCOPES]
    assert raw.execute(BIND, [*place, held, shop.tenant.id]).rowcount == 1


# ── Keys from before ────────────────────────────────────────────────────────────────────────────
PLANT = """
INSERT INTO api_keys (tenant_id, name, prefix, secret_sha256, scopes, store_id, register_id, revoked_at)
VALUES (%s, '', %s, '\\x00', %s, %s, %s, %s)
"""
KEYS: list[tuple[str, list[str], bool, bool]] = [
    # prefix, scopes, names the store, names the register
    ("whole", ["ledger:read", "admin"], False, False),
    ("till", ["events:write", "pos:read"], True, True),
    ("mixed", ["ledger:write", "pos:read", "admin", "events:read"], True, False),
    ("books", ["ledger:read", "recon:write"], True, True),
    ("lonely", ["pos:write", "recon:read"], False, True),
]


def test_keys_from_before_lose_what_is_not_theirs_and_it_is_on_record(
    shop: Shop, place: tuple[int, int], as_owner: psycopg.Connection[Any]
) -> None:
    for name in (IN_PLACE, WITHIN):
        as_owner.execute(f"ALTER TABLE api_keys DROP CONSTRAINT {name}".encode())
    store, register = place
    for prefix, scopes, by_store, by_register in KEYS:
        row = [shop.tenant.id, prefix, scopes, store if by_store else None, register if by_register else None, None]
        as_owner.execute(PLANT, row)
    as_owner.execute(PLANT, [shop.tenant.id, "dead", ["admin"], store, None, "2026-01-01T00:00:00Z"])
    as_owner.execute(MIGRATION.read_text().encode())

    found = as_owner.execute(
        "SELECT prefix, scopes, store_id IS NOT NULL, revoked_at IS NOT NULL FROM api_keys "
        "WHERE tenant_id = %s AND prefix <> %s ORDER BY id",
        [shop.tenant.id, shop.principal.prefix],
    ).fetchall()
    assert found == [
        ("whole", ["ledger:read", "admin"], False, False),
        ("till", ["events:write", "pos:read"], True, False),
        ("mixed", ["pos:read", "events:read"], True, False),
        ("books", [], True, True),
        ("lonely", ["pos:write"], True, False),
        ("dead", [], True, True),
    ]
    trail = as_owner.execute(
        "SELECT object_id, action, before ->> 'scopes', after ->> 'scopes' FROM audit_log "
        "WHERE tenant_id = %s AND actor = 'system:migrate' ORDER BY id",
        [shop.tenant.id],
    ).fetchall()
    narrowed, revoked = "tenants.api_key.narrowed", "tenants.api_key.revoked"
    assert trail == [
        ("mixed", narrowed, '["ledger:write", "pos:read", "admin", "events:read"]', '["pos:read", "events:read"]'),
        ("books", revoked, '["ledger:read", "recon:write"]', "[]"),
        ("lonely", narrowed, '["pos:write", "recon:read"]', '["pos:write"]'),
        ("dead", narrowed, '["admin"]', "[]"),
    ]
    assert as_owner.execute(
        "SELECT revoked_at < '2026-01-02' FROM api_keys WHERE tenant_id = %s AND prefix = 'dead'", [shop.tenant.id]
    ).fetchone() == (True,)
