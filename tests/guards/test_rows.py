"""Attacks on the books through the function that posts a batch, as the application may call it: the guards stand."""

from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by

POST = """SELECT ledger_post_rows_v1(%(tenant)s, 1, ARRAY[now(), now()], ARRAY[%(key)s, %(key)s || '/2'],
    ARRAY['r', NULL],
    %(ids)s::bigint[], ARRAY[1, 2], ARRAY['event', 'event'], ARRAY['SALE', 'SALE'], ARRAY[%(day)s, %(day)s]::date[],
    ARRAY[%(count)s, 2], ARRAY[false, false], %(of)s::bigint[], %(numbers)s::bigint[], %(accounts)s::bigint[],
    %(amounts)s::bigint[], %(currencies)s::text[], %(currency)s)"""


@pytest.fixture
def attacker(shop: Shop, as_application: Raw) -> Attacker:
    """The application's own connection, to a shop that has posted one sale."""
    assert shop.send(shop.sale()).status_code == 201
    return Attacker(as_application, shop)


def post(attacker: Attacker, **changes: Any) -> None:
    """Two journals of two lines each, but for what is changed."""
    ids = [attacker.fields()["id"], attacker.fields()["id"]]
    drawer, sold = attacker.accounts["DRAWER"], attacker.accounts["SALES"]
    fields = attacker.fields() | {
        "ids": ids, "of": [1, 1, 2, 2], "numbers": [1, 2, 1, 2], "accounts": [drawer, sold] * 2,
        "amounts": [100, -100, 50, -50], "currencies": None,
    }  # fmt: skip
    attacker.raw.execute(POST.encode(), fields | changes)
    attacker.raw.commit()


@pytest.mark.cooks_the_books
def test_it_takes_journals_that_balance(attacker: Attacker) -> None:
    post(attacker)
    assert attacker.shop.number("journals") == 3


@pytest.mark.cooks_the_books
def test_it_leaves_out_a_journal_without_an_id_and_its_lines(attacker: Attacker) -> None:
    post(attacker, ids=[None, attacker.fields()["id"]])
    sums = attacker.shop.rows("SELECT max(amount_minor) FROM postings WHERE tenant_id = %s AND amount_minor < 100")
    assert (attacker.shop.number("journals"), sums) == (2, [(50,)])


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"amounts": [100, -99, 50, -50]}, "postings_balanced"),
        ({"amounts": [100, -50, 50, -100]}, "postings_balanced"),
        ({"currencies": ["USD", "USD", "USD", "EUR"]}, "postings_balanced"),
        ({"currency": "EUR"}, "postings_account_agrees"),
        ({"accounts": [0, 0, 0, 0]}, "postings_account_agrees"),
        ({"amounts": [0, 0, 50, -50]}, "postings_never_zero"),
        ({"count": 3}, "postings_complete_set"),
        ({"count": 1}, "journals_two_postings"),
        ({"of": [1, 1, 1, 1], "numbers": [1, 2, 3, 4]}, "postings_complete_set"),
        ({"day": "1999-01-01"}, "journals_open_day"),
    ],
)
def test_it_refuses_what_the_guards_refuse(attacker: Attacker, changes: dict[str, Any], guard: str) -> None:
    with assert_refused_by(guard):
        post(attacker, **changes)


def test_it_refuses_a_journal_without_lines_at_commit(attacker: Attacker) -> None:
    with assert_refused_by("journals_never_empty"):
        post(attacker, of=[1, 1], numbers=[1, 2], accounts=[attacker.accounts[r] for r in ("DRAWER", "SALES")],
             amounts=[100, -100])  # fmt: skip


def test_it_refuses_another_tenants_accounts(attacker: Attacker) -> None:
    other = open_shop()
    assert other.send(other.sale()).status_code == 201  # has the day open
    with assert_refused_by("postings_account_agrees"):
        post(attacker, tenant=other.tenant.id)
