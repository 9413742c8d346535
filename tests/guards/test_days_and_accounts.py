"""Attacks on business days, accounts, keys and cases with raw SQL."""

from datetime import date, timedelta

import psycopg
import pytest
from django.utils import timezone

from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by

DAY = date(2026, 2, 25)


@pytest.fixture
def attacker(shop: Shop, as_owner: Raw) -> Attacker:
    """An owner's connection to a shop that has posted one sale on `DAY`."""
    assert shop.send(shop.sale()).status_code == 201
    return Attacker(as_owner, shop)


def seal(shop: Shop, day: date = DAY) -> None:
    """Close a day as the close does."""
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, day, now=timezone.now())


def test_it_refuses_a_journal_in_a_sealed_day(attacker: Attacker) -> None:
    seal(attacker.shop)
    with assert_refused_by("journals_open_day"):
        attacker.journal()


def test_it_refuses_a_journal_in_a_day_nobody_opened(attacker: Attacker) -> None:
    with assert_refused_by("journals_open_day"):
        attacker.journal(day="2026-02-20")


def test_it_refuses_to_open_a_day_before_a_sealed_one(attacker: Attacker) -> None:
    seal(attacker.shop)
    with assert_refused_by("periods_after_last_close"):
        attacker.raw.execute(
            "INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status) "
            "VALUES (%s, '2026-02-20', '2026-02-19', '2026-02-20', 'open')",
            [attacker.shop.tenant.id],
        )


def test_it_refuses_to_seal_a_day_while_an_earlier_one_is_open(attacker: Attacker) -> None:
    assert attacker.shop.send(attacker.shop.sale("evt-2", occurred_at="2026-02-26T09:00:00Z")).status_code == 201
    with assert_refused_by("periods_closed_in_order"):
        attacker.raw.execute(
            "UPDATE periods SET status = 'closed', closed_at = now() "
            "WHERE tenant_id = %s AND business_date = '2026-02-26'",
            [attacker.shop.tenant.id],
        )


def test_it_refuses_to_move_a_day(attacker: Attacker) -> None:
    with assert_refused_by("periods_fixed"):
        attacker.raw.execute(
            "UPDATE periods SET business_date = '2026-02-24' WHERE tenant_id = %s", [attacker.shop.tenant.id]
        )


@pytest.mark.parametrize("change", ["currency = 'EUR'", "type = 'EXPENSE'", "tenant_id = {other}", "role = 'BANK'"])
def test_it_refuses_to_change_what_postings_were_checked_against(attacker: Attacker, change: str) -> None:
    other = open_shop().tenant.id
    with assert_refused_by("accounts_fixed"):
        attacker.raw.execute(
            f"UPDATE accounts SET {change.format(other=other)} WHERE tenant_id = %s".encode(), [attacker.shop.tenant.id]
        )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events_processed WHERE tenant_id = %s",
        "UPDATE events_processed SET idempotency_key = 'other' WHERE tenant_id = %s",
        "UPDATE events_processed SET first_raw_id = first_raw_id + 1 WHERE tenant_id = %s",
        "UPDATE events_processed SET arrivals = arrivals - 1 WHERE tenant_id = %s",
    ],
)
def test_it_refuses_to_rewrite_a_keys_beginning(attacker: Attacker, statement: str) -> None:
    with assert_refused_by("events_processed_moves_forward"):
        attacker.raw.execute(statement.encode(), [attacker.shop.tenant.id])


def test_it_refuses_a_second_key_for_an_event(attacker: Attacker) -> None:
    with assert_refused_by("events_processed_one_per_key"):
        attacker.raw.execute(
            "INSERT INTO events_processed SELECT (e).* FROM (SELECT jsonb_populate_record(k, "
            "jsonb_build_object('id', nextval('events_processed_id_seq'))) AS e FROM events_processed k "
            "WHERE tenant_id = %s) copy",
            [attacker.shop.tenant.id],
        )


def test_it_refuses_a_second_open_case_for_a_key(attacker: Attacker) -> None:
    shop = attacker.shop
    assert shop.send(shop.sale(total_amount=43)).status_code == 202
    with assert_refused_by("exceptions_one_open_per_key"):
        attacker.raw.execute(
            "INSERT INTO exceptions SELECT (e).* FROM (SELECT jsonb_populate_record(x, "
            "jsonb_build_object('id', gen_random_uuid())) AS e FROM exceptions x WHERE tenant_id = %s) copy",
            [shop.tenant.id],
        )


def test_it_refuses_a_resolution_without_who_and_why(attacker: Attacker) -> None:
    shop = attacker.shop
    assert shop.send(shop.sale(total_amount=43)).status_code == 202
    with assert_refused_by("exceptions_resolution_is_complete"):
        attacker.raw.execute(
            "UPDATE exceptions SET status = 'resolved', resolved_at = now() WHERE tenant_id = %s", [shop.tenant.id]
        )


def test_it_refuses_to_delete_a_case(attacker: Attacker) -> None:
    shop = attacker.shop
    assert shop.send(shop.sale(total_amount=43)).status_code == 202
    with assert_refused_by("exceptions_decided_once"):
        attacker.raw.execute("DELETE FROM exceptions WHERE tenant_id = %s", [shop.tenant.id])


def test_it_refuses_an_outcome_of_another_tenants_arrival(attacker: Attacker) -> None:
    other = open_shop()
    with assert_refused_by("event_outcomes_tenant_agrees"):
        attacker.raw.execute(
            "WITH copied AS (SELECT nextval('events_raw_id_seq') AS id) INSERT INTO event_outcomes "
            "(raw_event_id, tenant_id, result) SELECT copied.id, %s, 'rejected' FROM copied",
            [other.tenant.id],
        )


def test_it_refuses_a_key_bound_to_a_store_of_another_tenant(attacker: Attacker) -> None:
    other = open_shop()
    assert other.send(other.sale()).status_code == 201
    with assert_refused_by("api_keys_tenant_agrees"):
        attacker.raw.execute(
            "UPDATE api_keys SET store_id = (SELECT id FROM stores WHERE tenant_id = %s) WHERE tenant_id = %s",
            [other.tenant.id, attacker.shop.tenant.id],
        )


@pytest.mark.parametrize("change", ["base_currency = 'EUR'", "time_zone = 'Europe/Athens'", "cut_off_hour = 4"])
def test_it_refuses_to_move_the_days_of_a_tenant_that_has_some(attacker: Attacker, change: str) -> None:
    with assert_refused_by("tenants_calendar_fixed"):
        attacker.raw.execute(f"UPDATE tenants SET {change} WHERE id = %s".encode(), [attacker.shop.tenant.id])


OPEN = """INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status, closed_at)
          SELECT id, day, day - 1, day, state, CASE WHEN state = 'closed' THEN now() END
          FROM tenants, (SELECT %(day)s::date AS day, %(status)s AS state) one WHERE id = %(tenant)s"""


def test_it_refuses_a_day_before_the_books_start(attacker: Attacker) -> None:
    tenant = attacker.shop.tenant.id
    attacker.raw.execute("UPDATE tenants SET books_start = '2026-02-10' WHERE id = %s", [tenant])
    attacker.raw.execute(OPEN, {"tenant": tenant, "day": "2026-02-10", "status": "open"})
    attacker.raw.commit()
    for isolation in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
        with assert_refused_by("periods_from_books_start"):
            attacker.raw.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
            attacker.raw.execute(OPEN, {"tenant": tenant, "day": "2026-02-09", "status": "open"})
        attacker.raw.rollback()


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_it_refuses_books_that_start_after_their_first_day(attacker: Attacker, isolation: str) -> None:
    attacker.raw.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
    with assert_refused_by("tenants_books_start_before_first_day"):
        attacker.raw.execute("UPDATE tenants SET books_start = '2026-02-26' WHERE id = %s", [attacker.shop.tenant.id])


@pytest.mark.parametrize("day", ["1999-12-30", "3000-01-01", "-infinity", "infinity"])
def test_it_refuses_books_that_start_on_no_day(attacker: Attacker, day: str) -> None:
    empty = open_shop().tenant.id
    with assert_refused_by("tenants_books_start_is_a_day"):
        attacker.raw.execute("UPDATE tenants SET books_start = %s WHERE id = %s", [day, empty])


def test_it_refuses_a_day_that_is_born_closed_after_an_open_one(attacker: Attacker) -> None:
    with assert_refused_by("periods_closed_in_order"):
        attacker.raw.execute(OPEN, {"tenant": attacker.shop.tenant.id, "day": "2026-02-27", "status": "closed"})


def test_a_day_that_is_born_closed_bears_the_instant_at_which_it_was(attacker: Attacker) -> None:
    seal(attacker.shop)
    forged = OPEN.replace("now()", "'2020-01-01'::timestamptz")
    attacker.raw.execute(forged.encode(), {"tenant": attacker.shop.tenant.id, "day": "2026-02-27", "status": "closed"})
    row = attacker.raw.execute(
        "SELECT closed_at FROM periods WHERE tenant_id = %s AND business_date = '2026-02-27'", [attacker.shop.tenant.id]
    ).fetchone()
    assert row is not None
    assert abs(timezone.now() - row[0]) < timedelta(minutes=1)


REOPEN = "INSERT INTO period_reopenings (tenant_id, period_id, actor, reason) SELECT tenant_id, id, %s, %s FROM periods"


def test_it_refuses_to_open_a_sealed_day_without_a_record(attacker: Attacker) -> None:
    seal(attacker.shop)
    with assert_refused_by("periods_reopened_with_reason"):
        attacker.raw.execute(
            "UPDATE periods SET status = 'open', closed_at = NULL WHERE tenant_id = %s", [attacker.shop.tenant.id]
        )


def test_it_refuses_to_open_a_day_by_the_record_of_an_earlier_reopening(attacker: Attacker) -> None:
    of_this_shop = f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id}".encode()
    seal(attacker.shop)
    attacker.raw.execute(of_this_shop, ["user:eve", "once"])
    attacker.raw.commit()
    seal(attacker.shop)
    with assert_refused_by("periods_reopened_with_reason"):
        attacker.raw.execute(
            "UPDATE periods SET status = 'open', closed_at = NULL WHERE tenant_id = %s", [attacker.shop.tenant.id]
        )


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("user:eve", ""), ("user:eve", " \n")])
def test_it_refuses_a_reopening_without_who_or_why(attacker: Attacker, actor: str, reason: str) -> None:
    seal(attacker.shop)
    with assert_refused_by("period_reopenings_say_who_and_why"):
        attacker.raw.execute(f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id}".encode(), [actor, reason])


def test_it_refuses_to_reopen_an_open_day(attacker: Attacker) -> None:
    with assert_refused_by("period_reopenings_of_a_closed_day"):
        attacker.raw.execute(f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id}".encode(), ["user:eve", "why"])


def test_it_refuses_to_reopen_a_day_before_another_sealed_one(attacker: Attacker) -> None:
    assert attacker.shop.send(attacker.shop.sale("evt-2", occurred_at="2026-02-26T09:00:00Z")).status_code == 201
    seal(attacker.shop)
    seal(attacker.shop, date(2026, 2, 26))
    with assert_refused_by("period_reopenings_in_reverse_order"):
        attacker.raw.execute(
            f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id} AND business_date = '2026-02-25'".encode(),
            ["user:eve", "why"],
        )


@pytest.mark.parametrize("change", ["closed_at = now()", "reopened_at = now()"])
def test_it_refuses_to_move_the_instant_of_a_close(attacker: Attacker, change: str) -> None:
    seal(attacker.shop)
    constraint = "periods_fixed" if change.startswith("closed_at") else "periods_reopened_with_reason"
    with assert_refused_by(constraint):
        attacker.raw.execute(f"UPDATE periods SET {change} WHERE tenant_id = %s".encode(), [attacker.shop.tenant.id])


@pytest.mark.parametrize("attack", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_it_refuses_to_rewrite_why_a_day_was_reopened(attacker: Attacker, attack: str) -> None:
    seal(attacker.shop)
    attacker.raw.execute(f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id}".encode(), ["user:eve", "why"])
    attacker.raw.commit()
    with pytest.raises(psycopg.errors.IntegrityError):
        attacker.raw.execute(attack.format("period_reopenings").encode())


def test_whoever_began_before_a_reopening_is_made_to_try_again(attacker: Attacker, as_application: Raw) -> None:
    """Its journal would look as if the close that was undone had seen it."""
    seal(attacker.shop)
    attacker.raw.rollback()
    attacker.raw.execute("SELECT now()")
    as_application.execute(f"{REOPEN} WHERE tenant_id = {attacker.shop.tenant.id}".encode(), ["user:eve", "why"])
    as_application.commit()
    with pytest.raises(psycopg.errors.SerializationFailure):
        attacker.journal()
