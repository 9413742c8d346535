"""Attacks on closes and packs with raw SQL."""

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.recon.conftest import anchors
from tests.scenes.attacks import Attacker, Raw, assert_refused_by
from tests.scenes.days import DAY, after, close, sell, standing

__all__ = ["anchors"]

CLOSE = """
INSERT INTO day_closes (tenant_id, period_id, business_date, actor, forced, notes, accounts, open_exceptions)
SELECT tenant_id, id, business_date, %(actor)s, %(forced)s, '', 0, %(open)s FROM periods WHERE tenant_id = %(tenant)s
"""


@pytest.fixture
def attacker(shop: Shop, as_owner: Raw) -> Attacker:
    """An owner's connection to a shop with one sale."""
    sell(shop, DAY)
    return Attacker(as_owner, shop)


def order(attacker: Attacker, **changes: object) -> dict[str, object]:
    return {"tenant": attacker.shop.tenant.id, "actor": "user:eve", "forced": False, "open": 0} | changes


def test_it_refuses_the_close_of_an_open_day(attacker: Attacker) -> None:
    with assert_refused_by("day_closes_of_a_closed_day"):
        attacker.raw.execute(CLOSE, order(attacker))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"forced": True}, "day_closes_forced_say_why"),
        ({"open": 1}, "day_closes_forced_say_why"),
        ({"actor": ""}, "day_closes_say_who"),
    ],
)
def test_it_refuses_a_close_without_who_or_why(attacker: Attacker, changes: dict[str, object], constraint: str) -> None:
    attacker.raw.execute("UPDATE periods SET status = 'closed' WHERE tenant_id = %s", [attacker.shop.tenant.id])
    with assert_refused_by(constraint):
        attacker.raw.execute(CLOSE, order(attacker, **changes))


def test_it_refuses_a_second_close_of_a_day(attacker: Attacker) -> None:
    close(attacker.shop)
    with assert_refused_by("day_closes_one_per_revision"):
        attacker.raw.execute(CLOSE, order(attacker))


def test_it_refuses_to_add_to_what_a_close_has_fixed(attacker: Attacker) -> None:
    close(attacker.shop)
    with assert_refused_by("day_closes_parts_fixed"):
        attacker.raw.execute(
            "INSERT INTO day_close_accounts (tenant_id, close_id, account_id, code, name) "
            "SELECT tenant_id, id, 0, 'X', 'X' FROM day_closes WHERE tenant_id = %s",
            [attacker.shop.tenant.id],
        )


@pytest.mark.parametrize("table", ["day_closes", "day_close_accounts", "day_close_exceptions", "day_packs"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_it_refuses_to_rewrite_what_was_closed(attacker: Attacker, table: str, attack: str) -> None:
    close(attacker.shop)
    with pytest.raises(psycopg.errors.IntegrityError):
        attacker.raw.execute(attack.format(table).encode())


def test_the_application_cannot_even_try(shop: Shop, as_application: Raw) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute("UPDATE day_closes SET actor = 'user:eve'")


def test_it_refuses_a_close_out_of_number(attacker: Attacker) -> None:
    attacker.raw.execute("UPDATE periods SET status = 'closed' WHERE tenant_id = %s", [attacker.shop.tenant.id])
    with assert_refused_by("day_closes_numbered"):
        attacker.raw.execute(
            CLOSE.replace("open_exceptions)", "open_exceptions, revision)").replace(
                "%(open)s FROM", "%(open)s, 2 FROM"
            ),
            order(attacker),
        )


COVERED = """
INSERT INTO day_closes (tenant_id, period_id, business_date, actor, forced, notes, accounts, open_exceptions,
    covered_by_id)
SELECT tenant_id, id, business_date, 'user:eve', false, '', 0, 0, %(by)s FROM periods
WHERE tenant_id = %(tenant)s AND business_date = '2026-02-26'
"""


@pytest.mark.cooks_the_books
@pytest.mark.parametrize("whose", ["an earlier day's", "another tenant's", "another transaction's"])
def test_it_refuses_a_close_that_is_covered_by(attacker: Attacker, whose: str) -> None:
    """The 26th is closed past the product, and is to be covered by a close that has nothing to do with it."""
    shop, later = attacker.shop, after(DAY, 2)
    covering = close(shop)
    if whose == "another tenant's":
        covering = close(open_shop(), later)
    days = [after(DAY), later]
    attacker.raw.execute(
        "INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status) "
        "SELECT %s, day, day - 1, day, 'closed' FROM unnest(%s::date[]) AS day",
        [shop.tenant.id, days],
    )
    by = covering.close.pk
    if whose == "another transaction's":
        attacker.raw.execute(CLOSE + " AND business_date = %(day)s", order(attacker, day=later))
        attacker.raw.commit()
        by = standing(shop, later).pk
    with assert_refused_by("day_closes_covered_by_a_later_day"):
        attacker.raw.execute(COVERED, order(attacker, by=by))
