"""Attacks on chains of rotations with raw SQL, as the owner of the table: of one tenant, no forks, and for ever."""

from typing import Any

import pytest

from ledgersafe.values.errors import DomainError
from tests.conftest import Shop, open_shop
from tests.guards.test_idempotency import ANSWER, answer
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.rotated_keys import another, rotated

KEY = """
INSERT INTO api_keys (tenant_id, name, prefix, secret_sha256, scopes, predecessor_id, origin_id, had_own_name)
VALUES (%(tenant)s, '', %(prefix)s, %(secret)s, ARRAY['events:write'], %(predecessor)s, %(origin)s, %(former)s)
"""


def insert(raw: Raw, shop: Shop, **changes: Any) -> None:
    """Issue a key past the product."""
    good = {"tenant": shop.tenant.id, "prefix": "attack", "secret": b"s" * 32, "former": False}
    raw.execute(KEY, good | {"predecessor": None, "origin": None} | changes)


def id_of(shop: Shop) -> int:
    return shop.principal.api_key_id


def test_the_next_of_a_chain_is_accepted(shop: Shop, as_owner: Raw) -> None:
    second = rotated(shop)
    insert(as_owner, shop)
    insert(as_owner, shop, prefix="third", predecessor=id_of(second), origin=id_of(shop))
    third = as_owner.execute("SELECT predecessor_id, origin_id FROM api_keys WHERE prefix = 'third'").fetchall()
    assert third == [(id_of(second), id_of(shop))]


def test_a_key_has_one_successor(shop: Shop, as_owner: Raw) -> None:
    rotated(shop)
    with assert_refused_by("api_keys_one_successor"):
        insert(as_owner, shop, predecessor=id_of(shop), origin=id_of(shop))


@pytest.mark.parametrize("place", ["a foreign predecessor", "foreign both", "a foreign origin"])
def test_a_chain_lies_in_one_tenant(shop: Shop, as_owner: Raw, place: str) -> None:
    own, foreign = id_of(shop), id_of(open_shop())
    predecessor = own if place == "a foreign origin" else foreign
    origin = own if place == "a foreign predecessor" else foreign
    with assert_refused_by("api_keys_lineage_agrees"):
        insert(as_owner, shop, predecessor=predecessor, origin=origin)


@pytest.mark.parametrize("claim", ["the second's", "nobody's", "without a predecessor", "a name of its own"])
def test_the_origin_of_a_chain_is_its_first_key(shop: Shop, as_owner: Raw, claim: str) -> None:
    second, other = rotated(shop), another(shop)
    claims: dict[str, dict[str, Any]] = {
        "the second's": {"predecessor": id_of(second), "origin": id_of(second)},
        "nobody's": {"predecessor": id_of(second)},
        "without a predecessor": {"origin": id_of(other)},
        "a name of its own": {"predecessor": id_of(second), "origin": id_of(shop), "former": True},
    }
    with assert_refused_by("api_keys_lineage_agrees"):
        insert(as_owner, shop, **claims[claim])


@pytest.mark.parametrize(
    "attack",
    [
        "tenant_id = tenant_id + 1",
        "id = id + 1000000",
        "prefix = 'other'",
        "predecessor_id = NULL, origin_id = NULL",
        "origin_id = id",
        "had_own_name = true",
    ],
)
def test_a_chain_never_changes(shop: Shop, as_owner: Raw, attack: str) -> None:
    second = rotated(shop)
    with assert_refused_by("api_keys_lineage_fixed"):
        as_owner.execute(f"UPDATE api_keys SET {attack} WHERE id = %s".encode(), [id_of(second)])


def test_an_old_key_is_not_made_the_successor_of_another(shop: Shop, as_owner: Raw) -> None:
    other = another(shop)
    with assert_refused_by("api_keys_lineage_fixed"):
        as_owner.execute("UPDATE api_keys SET predecessor_id = %(of)s, origin_id = %(of)s WHERE id = %(id)s",
                         {"of": id_of(shop), "id": id_of(other)})  # fmt: skip


@pytest.mark.parametrize("role", ["owner", "application"])
def test_a_key_is_never_deleted(shop: Shop, request: pytest.FixtureRequest, role: str) -> None:
    raw: Raw = request.getfixturevalue(f"as_{role}")
    with assert_refused_by("api_keys_never_deleted"):
        raw.execute("DELETE FROM api_keys WHERE id = %s", [id_of(another(shop))])


def test_what_has_nothing_to_do_with_chains_changes_as_ever(shop: Shop, as_application: Raw) -> None:
    changed = as_application.execute("UPDATE api_keys SET revoked_at = now() WHERE id = %s", [id_of(rotated(shop))])
    assert changed.rowcount == 1


def test_answers_stand_under_the_first_key_of_a_chain(shop: Shop, as_owner: Raw) -> None:
    second = rotated(shop)
    answer(as_owner, shop, principal=f"key:{id_of(shop)}")
    with assert_refused_by("idempotency_keys_first_of_chain"):
        answer(as_owner, shop, principal=f"key:{id_of(second)}")


def refusal(raw: Raw, shop: Shop, code: str) -> None:
    """Store a refusal past the product."""
    fields = {"tenant": shop.tenant.id, "principal": "key:1", "key": "k", "fingerprint": b"f" * 32, "status": 422}
    raw.execute(ANSWER.replace("'{}'", "%(body)s").encode(), fields | {"body": f'{{"code":"{code}"}}'.encode()})


def liftable(of: type[DomainError] = DomainError) -> list[type[DomainError]]:
    """The refusals of 422 that something may lift."""
    found = [kind for child in of.__subclasses__() for kind in (child, *liftable(child))]
    return [kind for kind in found if kind.may_be_lifted and kind.http_status == 422]


def test_postgres_knows_every_refusal_that_may_be_lifted(shop: Shop, as_owner: Raw) -> None:
    codes = {kind.code for kind in liftable()}
    assert codes == {"CANNOT_EXCEED_ORIGINAL"}
    for code in codes:
        with assert_refused_by("idempotency_keys_final_refusal"):
            refusal(as_owner, shop, code)
        as_owner.rollback()
    refusal(as_owner, shop, "CURRENCY_MISMATCH")
