"""Attacks on stored answers with raw SQL, as the owner of the table: one per key, storable, and for ever."""

from typing import Any

import psycopg
import pytest

from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by

ANSWER = """
INSERT INTO idempotency_keys (tenant_id, principal, key, fingerprint, command, status, media_type, body, actor)
VALUES (%(tenant)s, %(principal)s, %(key)s, %(fingerprint)s, 'POST /v1/x', %(status)s, 'application/json', '{}', 'x')
"""


def answer(raw: Raw, shop: Shop, **changes: Any) -> None:
    """Write an answer past the product."""
    good = {"tenant": shop.tenant.id, "principal": "key:1", "key": "k", "fingerprint": b"f" * 32, "status": 201}
    raw.execute(ANSWER, good | changes)


def test_a_key_has_one_answer(shop: Shop, as_owner: Raw) -> None:
    answer(as_owner, shop)
    with assert_refused_by("idempotency_keys_one_per_key"):
        answer(as_owner, shop, status=422, fingerprint=b"g" * 32)


@pytest.mark.parametrize("status", [100, 302, 400, 401, 403, 404, 408, 409, 425, 429, 500, 503])
def test_an_answer_that_may_change_is_not_stored(shop: Shop, as_owner: Raw, status: int) -> None:
    with assert_refused_by("idempotency_keys_storable_status"):
        answer(as_owner, shop, status=status)


def test_a_key_is_not_empty(shop: Shop, as_owner: Raw) -> None:
    with assert_refused_by("idempotency_keys_key_not_empty"):
        answer(as_owner, shop, key="")


def test_a_fingerprint_is_whole(shop: Shop, as_owner: Raw) -> None:
    with assert_refused_by("idempotency_keys_fingerprint_whole"):
        answer(as_owner, shop, fingerprint=b"")


@pytest.mark.parametrize(
    "attack",
    ["UPDATE idempotency_keys SET body = ''", "DELETE FROM idempotency_keys", "TRUNCATE idempotency_keys"],
)
def test_answers_are_append_only(shop: Shop, as_owner: Raw, attack: str) -> None:
    answer(as_owner, shop)
    with assert_refused_by("idempotency_keys_append_only"):
        as_owner.execute(attack.encode())


def test_the_application_may_not_even_try(books: None, as_application: Raw) -> None:
    for attack in ("UPDATE idempotency_keys SET status = 200", "DELETE FROM idempotency_keys"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_application.execute(attack.encode())
        as_application.rollback()
