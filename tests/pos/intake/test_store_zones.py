"""Whose day an event belongs to: that of its store's clock, in one round trip, whoever changes clocks meanwhile."""

import json
import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger.calendar import business_date_of
from ledger.models import Journal
from pos.decisions import reversal_day
from pos.intake import receive_event
from pos.posting import tenant_memory
from tests.conftest import Shop
from tests.pos.intake.test_round_trips import NEW
from tests.scenes.attacks import Raw
from tests.scenes.days import close
from tests.scenes.round_trips import counted
from tests.scenes.store_zones import DAY, EAST, WEST, add_store, day_in, posted_on, sell_in, utc


@pytest.fixture
def chain(shop: Shop) -> Shop:
    """A chain at UTC with a store in Tokyo and one in Los Angeles."""
    add_store(shop, "tokyo", EAST)
    add_store(shop, "la", WEST)
    return shop


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def test_the_same_instant_is_another_day_in_another_store(chain: Shop) -> None:
    assert day_in(chain, "store-1", "2026-02-25T20:00") == DAY
    assert day_in(chain, "tokyo", "2026-02-25T20:00") == after(1)
    assert day_in(chain, "la", "2026-02-25T05:00") == after(-1)
    assert day_in(chain, "store-1", "2026-02-25T05:00") == DAY
    assert len({day for (day,) in chain.rows("SELECT business_date FROM periods WHERE tenant_id = %s")}) == 3


@pytest.mark.parametrize(
    ("zone", "before", "at"),
    [
        ("America/New_York", "2026-03-09T03:58:59", "2026-03-09T03:59"),
        ("America/New_York", "2026-11-02T04:58:59", "2026-11-02T04:59"),
        ("Europe/Berlin", "2026-03-29T21:58:59", "2026-03-29T21:59"),
        ("Australia/Lord_Howe", "2026-04-05T13:28:59", "2026-04-05T13:29"),
        ("America/Nuuk", "2026-03-29T01:58:59", "2026-03-29T01:59"),
    ],
)
def test_on_nights_when_clocks_change_its_day_ends_at_its_own_cut_off(
    shop: Shop, zone: str, before: str, at: str
) -> None:
    add_store(shop, "there", zone)
    send = {"headers": {}, "now": utc("2026-12-01T00:00"), "principal": shop.principal}
    for event_id, instant in (("before", before), ("at", at)):
        event = shop.sale(event_id, store_id="there", occurred_at=utc(instant).isoformat())
        receive_event(body=json.dumps(event).encode(), **send)  # type: ignore[arg-type]
    assert posted_on(shop, "at")[0] - posted_on(shop, "before")[0] == timedelta(days=1)


@pytest.mark.parametrize(("named", "accepted"), [(-1, False), (0, True), (1, True), (2, True), (3, False)])
def test_the_day_a_till_names_is_measured_by_its_store(chain: Shop, named: int, accepted: bool) -> None:
    answer = sell_in(chain, "tokyo", "2026-02-25T20:00", business_date=after(named).isoformat())
    assert answer.status_code == (201 if accepted else 202)
    assert accepted or answer.json()["reason_code"] == "CLOCK_SKEW"


def test_the_late_window_is_measured_by_the_stores_clock(chain: Shop) -> None:
    for store in ("store-1", "tokyo"):
        assert sell_in(chain, store, "2026-02-25T09:00").status_code == 201
    close(chain, DAY, now=utc("2026-02-26T08:00"))
    # Three days after DAY in London; in Tokyo the fourth has begun.
    now = utc("2026-02-28T15:30")

    def receive(store: str) -> Any:
        event = chain.sale(f"late-{store}", store_id=store, occurred_at="2026-02-25T10:00:00Z")
        return receive_event(principal=chain.principal, body=json.dumps(event).encode(), headers={}, now=now)

    assert receive("store-1").result == "processed"
    assert posted_on(chain, "late-store-1") == (after(3), True)
    assert receive("tokyo").reason_code == "LATE_EVENT_OUTSIDE_WINDOW"


def test_what_is_late_in_an_eastern_store_is_posted_on_its_today(chain: Shop) -> None:
    assert sell_in(chain, "tokyo", "2026-02-25T09:00").status_code == 201
    close(chain, DAY, now=utc("2026-02-26T08:00"))
    event = json.dumps(chain.sale("late", store_id="tokyo", occurred_at="2026-02-25T10:00:00Z")).encode()
    receive_event(principal=chain.principal, body=event, headers={}, now=utc("2026-02-26T15:00"))
    assert posted_on(chain, "late") == (after(2), True)


def test_a_reversal_is_booked_on_the_stores_today(chain: Shop) -> None:
    facts = tenant_memory.memory_of(chain.tenant.id).facts
    journal, now = Journal(business_date=DAY), utc("2026-03-01T15:30")
    assert reversal_day(journal, facts, store_code="tokyo", now=now) == (DAY, False)
    assert sell_in(chain, "store-1", "2026-02-25T09:00").status_code == 201
    close(chain, DAY)
    facts = tenant_memory.read_anew(chain.tenant.id).facts
    assert reversal_day(journal, facts, store_code="tokyo", now=now) == (date(2026, 3, 2), True)
    assert reversal_day(journal, facts, store_code="store-1", now=now) == (date(2026, 3, 1), True)


def test_a_held_event_is_replayed_into_its_stores_day(chain: Shop) -> None:
    case_id = sell_in(chain, "la", "2026-02-26T05:00", "held", total_amount=43).json()["exception_id"]
    how = {"action": "override_and_replay", "resolution_notes": "Misread.", "override_patch": {"total_amount": 42.5}}
    answer = chain.post(f"/v1/exceptions/{case_id}/resolve", how)
    assert answer.status_code == 200, answer.content
    assert posted_on(chain, "held") == (DAY, False)


def test_an_event_of_a_store_with_its_own_clock_is_one_round_trip_too(chain: Shop) -> None:
    for number in range(2):
        assert sell_in(chain, "la", "2026-02-25T20:00", f"warm-{number}").status_code == 201
    with counted() as trips:
        assert sell_in(chain, "la", "2026-02-25T20:30", "counted").status_code == 201
    assert trips.number == NEW, trips.sent


def test_a_change_by_raw_sql_makes_what_a_process_remembers_out_of_date(shop: Shop, as_owner: Raw) -> None:
    add_store(shop, "north", EAST)
    assert sell_in(shop, "store-1", "2026-02-25T09:00").status_code == 201  # from now on this process remembers
    assert tenant_memory.memory_of(shop.tenant.id).zone_of("north") == EAST
    as_owner.execute("UPDATE stores SET time_zone = %s WHERE tenant_id = %s AND code = 'north'", [WEST, shop.tenant.id])
    as_owner.commit()
    assert tenant_memory.memory_of(shop.tenant.id).zone_of("north") == EAST
    assert day_in(shop, "north", "2026-02-26T05:00") == DAY


def test_a_store_that_registers_itself_keeps_the_tenants_clock(shop: Shop) -> None:
    assert day_in(shop, "new", "2026-02-25T20:00") == DAY
    [(zone, fixed_at)] = shop.rows("SELECT time_zone, time_zone_fixed_at FROM stores WHERE tenant_id = %s")
    assert zone == ""
    assert isinstance(fixed_at, datetime)
    assert fixed_at <= timezone.now()


@pytest.mark.parametrize("seed", range(3))
def test_a_weekend_of_changing_clocks_leaves_clean_books_in_any_order(chain: Shop, seed: int) -> None:
    """Sales of four stores around two nights on which clocks change, shuffled, in batches."""
    zones = {"store-1": "UTC", "tokyo": EAST, "la": WEST, "howe": "Australia/Lord_Howe"}
    add_store(chain, "howe", zones["howe"])
    dice = random.Random(seed)
    nights = [utc("2026-03-08T00:00"), utc("2026-04-04T12:00")]
    expected: dict[str, date] = {}
    events = []
    for number in range(60):
        store = dice.choice(sorted(zones))
        instant = dice.choice(nights) + timedelta(seconds=dice.randrange(48 * 3600))
        expected[f"evt-{number}"] = business_date_of(instant, time_zone=zones[store], cut_off=time(23, 59))
        events.append(chain.sale(f"evt-{number}", store_id=store, occurred_at=instant.isoformat()))
    dice.shuffle(events)
    answer = chain.post("/v1/events/batch", {"events": events})
    assert answer.status_code in {200, 207}, answer.content
    sql = "SELECT source_key, business_date FROM journals WHERE tenant_id = %s AND NOT is_late"
    assert dict(chain.rows(sql)) == expected
