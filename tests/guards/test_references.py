"""Attacks on silver with raw SQL, as the owner of the tables: nothing takes more of an original than it bears."""

import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.returns import about

REFERENCE = """
INSERT INTO sale_references (tenant_id, journal_id, event_key, original_key, kind, sign, amount_minor, lines,
                             base_journal_id)
VALUES (%(tenant)s, %(journal)s, 'back', %(of)s, %(kind)s, %(sign)s, %(amount)s, '[]', %(base)s)
"""
NOW = "SET CONSTRAINTS ALL IMMEDIATE"


class Books:
    """A sale of 42.50 of which 40.00 were returned, and raw SQL beside them."""

    def __init__(self, shop: Shop, raw: Raw) -> None:
        self.shop, self.raw = shop, raw
        assert shop.send(shop.sale("sold")).status_code == 201
        assert shop.send(shop.sale("other")).status_code == 201
        assert shop.send(about(shop, "RETURN", "back", total_amount=40)).status_code == 201
        rows: Any = shop.rows("SELECT source_key, id FROM journals WHERE tenant_id = %s")
        self.journals: dict[str, int] = dict(rows)

    def refer(self, kind: str, of: str, amount: int = 0, **changes: Any) -> None:
        """Write a reference that the product would not write, and have the guards look at it."""
        fields = {"tenant": self.shop.tenant.id, "journal": self.journals["other"], "of": of, "kind": kind, "sign": 1,
                  "amount": amount, "base": self.journals["sold"]} | changes  # fmt: skip
        self.raw.execute(REFERENCE, fields)
        self.raw.execute(NOW)


@pytest.fixture
def attacked(shop: Shop, as_owner: Raw) -> Books:
    return Books(shop, as_owner)


def test_what_is_left_may_be_returned_and_no_tip_taken_back_beyond_it(attacked: Books) -> None:
    attacked.refer("RETURN", "sold", 250)
    with assert_refused_by("sale_references_within_original"):
        attacked.refer("TIP_ADJUST", "sold", -1, journal=attacked.journals["back"])


def test_one_cent_too_much_is_refused(attacked: Books) -> None:
    with assert_refused_by("sale_references_within_original"):
        attacked.refer("RETURN", "sold", 251)


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_it_is_written_under_read_committed_only(attacked: Books, isolation: psycopg.IsolationLevel) -> None:
    """An older snapshot would not show what another took while this one waited."""
    attacked.raw.set_isolation_level(isolation)
    with assert_refused_by("sale_references_read_committed"):
        attacked.refer("RETURN", "sold", 1)


@pytest.mark.cooks_the_books
def test_who_waited_for_another_sees_what_that_one_took(attacked: Books, as_application: Raw) -> None:
    attacked.refer("RETURN", "sold", 200)
    late = copy(attacked)
    late.raw = as_application
    late.raw.execute("SET lock_timeout = '40s'")
    with ThreadPoolExecutor() as pool:
        other_pair = {"journal": late.journals["sold"], "base": late.journals["other"]}
        second = pool.submit(late.refer, "RETURN", "sold", 51, **other_pair)
        wait_until_it_waits(late.raw, attacked.shop)
        attacked.raw.commit()
        with assert_refused_by("sale_references_within_original"):
            second.result(30)


def wait_until_it_waits(raw: Raw, shop: Shop) -> None:
    """Until another session waits for a lock."""
    waits = "SELECT count(*) FROM pg_locks WHERE %s > 0 AND pid = %s AND NOT granted"
    deadline = time.monotonic() + 30
    while shop.rows(waits, raw.info.backend_pid) != [(1,)]:
        assert time.monotonic() < deadline, "It never waited."
        time.sleep(0.01)


def test_nothing_is_given_back_that_was_not_taken(attacked: Books) -> None:
    with assert_refused_by("sale_references_within_original"):
        attacked.refer("RETURN", "sold", -4001, sign=-1)


def test_what_was_returned_is_not_voided(attacked: Books) -> None:
    with assert_refused_by("sale_references_once"):
        attacked.refer("VOID", "sold", 4250)


def test_nothing_is_taken_of_what_does_not_stand(attacked: Books) -> None:
    with assert_refused_by("sale_references_original_stands"):
        attacked.refer("RETURN", "nobody", 1)


def test_a_void_that_is_no_mirror_is_refused(attacked: Books) -> None:
    """The other sale has the same lines, not the opposite ones."""
    with assert_refused_by("sale_references_mirror"):
        attacked.refer("VOID", "other", 4250, journal=attacked.journals["back"], base=attacked.journals["other"])


def test_a_correction_without_mirror_is_refused(attacked: Books) -> None:
    with assert_refused_by("sale_references_mirror"):
        attacked.refer("CORRECTION", "other", 4250, journal=attacked.journals["back"], base=attacked.journals["other"])


def test_a_foreign_journal_is_refused(attacked: Books) -> None:
    other = open_shop()
    assert other.send(other.sale("sold")).status_code == 201
    ((foreign,),) = other.rows("SELECT id FROM journals WHERE tenant_id = %s")
    with assert_refused_by("sale_references_tenant_agrees"):
        attacked.refer("RETURN", "other", 1, base=foreign)


@pytest.mark.parametrize(("constraint", "change"), [("kind_known", {"kind": "GIFT"}), ("sign_known", {"sign": 2})])
def test_a_reference_has_a_known_shape(attacked: Books, constraint: str, change: dict[str, Any]) -> None:
    with assert_refused_by(f"sale_references_{constraint}"):
        attacked.refer(change.pop("kind", "RETURN"), "sold", 1, **change)


def test_a_sale_that_was_returned_does_not_leave_the_books(attacked: Books) -> None:
    with assert_refused_by("sale_references_original_stands"):
        attacked.raw.execute(
            "UPDATE events_processed SET journal_id = NULL WHERE tenant_id = %s AND idempotency_key = 'sold'",
            [attacked.shop.tenant.id],
        )
        attacked.raw.execute(NOW)


@pytest.mark.parametrize(
    ("constraint", "change"), [("sales_parts_make_the_total", "gross_minor + 1"), ("sales_sign_known", None)]
)
def test_a_header_adds_up(attacked: Books, constraint: str, change: str | None) -> None:
    columns = [row[0] for row in attacked.raw.execute(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'sales' ORDER BY 1")]  # fmt: skip
    values = {"journal_id": "-journal_id"} | ({"gross_minor": change} if change else {"sign": "0"})
    chosen = ", ".join(values.get(name, name) for name in columns)
    with assert_refused_by(constraint):
        attacked.raw.execute(
            f"INSERT INTO sales ({', '.join(columns)}) SELECT {chosen} FROM sales WHERE tenant_id = %s".encode(),
            [attacked.shop.tenant.id],
        )


def test_a_wait_is_for_one_thing(attacked: Books) -> None:
    with assert_refused_by("event_waits_for_one_thing"):
        attacked.raw.execute(
            "INSERT INTO event_waits (tenant_id, event_key, store_code) VALUES (%s, 'x', 's')",
            [attacked.shop.tenant.id],
        )


@pytest.mark.parametrize("table", ["sales", "sale_references", "event_waits"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_silver_is_never_rewritten(attacked: Books, table: str, statement: str) -> None:
    with assert_refused_by(f"{table}_append_only"):
        attacked.raw.execute(statement.format(table).encode())
