"""Closing days of a chain whose stores keep other clocks: a day is over when it is over everywhere."""

import csv
import io
from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from ledger.backoffice.sheets.days import open_days
from ledger.calendar import Clocks, Ending, business_date_of
from ledgersafe.dashboard.panels import close_panel
from recon.closing import check_readiness, due
from recon.closing.close_refusals import DayNotOver, DayNotReady
from recon.packs import pack
from tests.conftest import Shop
from tests.scenes import drawers
from tests.scenes.days import close
from tests.scenes.store_zones import DAY, EAST, WEST, add_store, day_in, sell_in, utc

NEXT = DAY + timedelta(days=1)
#: The tenant's day ends at 23:59 UTC; in Los Angeles eight hours later.
END, LAST_END = utc("2026-02-25T23:59"), utc("2026-02-26T07:59")


@pytest.fixture
def chain(shop: Shop) -> Shop:
    """A chain at UTC with a store in Los Angeles that has not sold yet, and a sale of its own."""
    add_store(shop, "la", WEST)
    assert day_in(shop, "store-1", "2026-02-25T09:00") == DAY
    return shop


def test_a_day_is_not_closed_while_it_runs_in_a_western_store(chain: Shop) -> None:
    with pytest.raises(DayNotOver, match=r"ends at 2026-02-26T07:59:00Z in store la \(America/Los_Angeles\)"):
        close(chain, DAY, now=LAST_END - timedelta(microseconds=1))
    assert day_in(chain, "la", "2026-02-26T07:58") == DAY
    assert close(chain, DAY, now=LAST_END).close.business_date == DAY


def test_the_board_says_where_the_day_ends_last(chain: Shop) -> None:
    board = check_readiness(chain.tenant, DAY, now=LAST_END - timedelta(seconds=1))
    assert (board.state, board.blockers, board.ends_at) == ("running", ["DAY_NOT_OVER"], END)
    assert board.over == Ending(LAST_END, WEST, "la")
    told = chain.get(f"/v1/periods/{DAY}/readiness").json()
    assert (told["ends_at"], told["over_at"]) == ("2026-02-25T23:59:00Z", "2026-02-26T07:59:00Z")
    assert (told["over_last_in"], told["state"]) == ("la", "ready")


def test_without_other_clocks_nothing_changes(shop: Shop) -> None:
    add_store(shop, "same", "UTC")
    clocks = Clocks.of(shop.tenant)
    assert clocks.last_end(DAY) == Ending(END, "UTC")
    assert clocks.ends(ends=DAY) == []


def test_of_stores_that_end_a_day_at_once_the_first_is_named(shop: Shop) -> None:
    for code, zone in (("b", WEST), ("a", "US/Pacific"), ("c", EAST)):
        add_store(shop, code, zone)
    assert Clocks.of(shop.tenant).last_end(DAY).store_code == "a"


def test_the_hourly_job_waits_for_the_western_store(chain: Shop) -> None:
    how = {"actor": "system:test", "grace": timedelta(minutes=30)}
    assert due.close_due_days(chain.tenant, now=LAST_END + timedelta(minutes=29), **how) == []  # type: ignore[arg-type]
    assert due.close_due_days(chain.tenant, now=LAST_END + timedelta(minutes=30), **how) == [DAY]  # type: ignore[arg-type]


def test_a_store_that_is_a_day_ahead_posts_into_tomorrow_before_and_after_the_close(shop: Shop) -> None:
    add_store(shop, "tokyo", EAST)
    assert day_in(shop, "tokyo", "2026-02-25T15:00") == NEXT
    assert day_in(shop, "store-1", "2026-02-25T15:00") == DAY
    assert close(shop, DAY, now=END).close.business_date == DAY
    assert day_in(shop, "tokyo", "2026-02-25T15:30") == NEXT


def test_a_held_event_stands_against_the_day_of_its_stores_clock(chain: Shop) -> None:
    add_store(chain, "tokyo", EAST)
    assert sell_in(chain, "la", "2026-02-26T05:00", "held-west", total_amount=43).status_code == 202
    assert sell_in(chain, "tokyo", "2026-02-25T20:00", "held-east", total_amount=43).status_code == 202
    assert day_in(chain, "store-1", "2026-02-26T09:00") == NEXT
    with pytest.raises(DayNotReady, match="1 held event of the day waits"):
        close(chain, DAY)
    how = {"force": True, "may_force": True, "notes": "The store is closed for good."}
    done = close(chain, DAY, **how)
    kept = "SELECT idempotency_key FROM day_close_exceptions WHERE tenant_id = %s AND close_id = %s"
    assert chain.rows(kept, done.close.pk) == [("held-west",)]
    done = close(chain, NEXT, **how)
    assert chain.rows(kept, done.close.pk) == [("held-east",)]


def test_the_dashboard_calls_a_day_running_until_it_is_over_everywhere(chain: Shop) -> None:
    days = open_days([chain.tenant.id], at_most=5)
    told = [close_panel(days, [], now)["rows"][0]["state"] for now in (LAST_END - timedelta(seconds=1), LAST_END)]
    assert told == ["running", "ready to close"]


# ── Drawers, which are opened now ───────────────────────────────────────────────────────────────
def far_zone() -> str:
    """A time zone in which it is another day than in UTC."""
    return "Pacific/Kiritimati" if timezone.now().hour >= 11 else "Etc/GMT+12"


def rows_of(shop: Shop, day: date) -> list[dict[str, str]]:
    done = close(shop, day, now=timezone.now() + timedelta(days=4))
    return list(csv.DictReader(io.StringIO(b"".join(pack.content(done.close, "drawers.csv")).decode())))


@pytest.fixture
def far(shop: Shop) -> Shop:
    """store-1 is where it is another day; store-2 is at home."""
    add_store(shop, "store-1", far_zone())
    return shop


@pytest.fixture
def today(far: Shop) -> date:
    return business_date_of(timezone.now(), time_zone=far_zone(), cut_off=time(23, 59))


def test_a_drawers_money_is_dated_by_its_stores_clock(far: Shop, today: date) -> None:
    drawer = drawers.open_drawer(far)
    drawers.done(far, drawer, "SALE", 4250)
    assert drawers.close(far, drawer, 14_250).status_code == 200
    assert far.rows("SELECT DISTINCT business_date FROM journals WHERE tenant_id = %s") == [(today,)]
    assert [row["z_number"] for row in rows_of(far, today)] == ["1"]


def test_an_open_drawer_stands_against_the_day_of_its_stores_clock(far: Shop, today: date) -> None:
    drawers.open_drawer(far)
    boards = [
        check_readiness(far.tenant, today + timedelta(days=days), now=timezone.now() + timedelta(days=4))
        for days in (-1, 0)
    ]
    assert ["DRAWERS_OPEN" in board.blockers for board in boards] == [False, True]


def test_the_first_drawer_fixes_the_stores_clock(far: Shop) -> None:
    drawers.open_drawer(far)
    [(fixed,)] = far.rows("SELECT time_zone_fixed_at IS NOT NULL FROM stores WHERE tenant_id = %s")
    assert fixed
