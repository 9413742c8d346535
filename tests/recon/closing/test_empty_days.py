"""Days that nobody sold on, any number of them: closed with the next one, in as many statements, to the microsecond."""

import csv
import io
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.calendar import is_business_day, span_of
from ledger.models import Period
from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.operations.verification import verify
from recon.closing import due
from recon.closing.close import ClosedDay
from recon.closing.reopen import reopen_day
from recon.models import DayClose, DayCloseException, DayPack
from recon.packs import pack
from tests.conftest import Shop, open_shop
from tests.ledger.calendar.test_business_days import ZONES
from tests.scenes.days import DAY, after, close, hold, sell, standing

#: Twenty years of days before the last one.
LONG_AGO = date(2006, 2, 25)
YEARS = (DAY - LONG_AGO).days - 1


def sent_by(work: Any) -> list[str]:
    """What a use case sends to the database."""
    sent: list[str] = []

    def keep(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(keep):
        work()
    return sent


def reopen(shop: Shop, day: date) -> None:
    reopen_day(tenant_id=shop.tenant.id, day=day, actor="user:sara", reason="A slip.")


def spans(shop: Shop) -> dict[date, tuple[datetime, datetime]]:
    rows = Period.objects.filter(tenant=shop.tenant, status="closed")
    return {day: (start, end) for day, start, end in rows.values_list("business_date", "starts_at", "ends_at")}


def trial_balance(day: DayClose) -> list[dict[str, str]]:
    text = b"".join(pack.content(day, "trial-balance.csv")).decode()
    return list(csv.DictReader(io.StringIO(text)))


# ── Twenty years ────────────────────────────────────────────────────────────────────────────────
def test_twenty_years_of_empty_days_take_the_statements_of_one(shop: Shop) -> None:
    near = open_shop()
    for one, day in ((shop, LONG_AGO), (near, after(DAY, -2))):
        sell(one, day)
        close(one, day)
        sell(one, DAY)
    first = sent_by(lambda: close(near))
    began = clock.perf_counter()
    assert sent_by(lambda: close(shop)) == first
    assert clock.perf_counter() - began < 30
    assert len(spans(shop)) == YEARS + 2
    assert shop.number("day_closes") == YEARS + 2
    assert (shop.number("balance_snapshots"), shop.number("day_close_accounts")) == (8, 8)
    assert shop.number("day_packs") == 2


def test_the_hourly_job_reaches_today_from_twenty_years_back(shop: Shop) -> None:
    sell(shop, LONG_AGO)
    sell(shop, DAY)
    now, grace = datetime(2026, 2, 27, tzinfo=UTC), timedelta(minutes=30)
    assert due.close_due_days(shop.tenant, actor="system:test", now=now, grace=grace) == [LONG_AGO, DAY]
    assert len(spans(shop)) == YEARS + 2
    assert len(sent_by(lambda: due.close_due_days(shop.tenant, actor="system:test", now=now, grace=grace))) < 10


def test_what_shows_days_survives_twenty_empty_years(shop: Shop) -> None:
    sell(shop, LONG_AGO)
    close(shop, LONG_AGO)
    board = shop.get(f"/v1/periods/{DAY}/readiness").json()
    assert (board["state"], board["empty_days_total"], len(board["empty_days"])) == ("ready", YEARS, 366)
    assert board["empty_days"][0] == str(after(LONG_AGO))
    close(shop)
    for day in (DAY, after(LONG_AGO, 3_000)):
        told = shop.get(f"/v1/periods/{day}/readiness").json()
        assert (told["state"], told["empty_days"], told["empty_days_total"]) == ("closed", [], 0)
    shown = shop.get("/v1/periods", limit="2").json()["items"]
    assert [(item["date"], item["closed_with"]) for item in shown] == [
        ("2026-02-25", None),
        ("2026-02-24", "2026-02-25"),
    ]
    answer = shop.post(f"/v1/periods/{DAY}/reopen", {"reason": "A slip."})
    assert (answer.status_code, answer.json()["status"]) == (200, "open")


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "9998-01-01", "2999-12-31", "0001-01-01", "1999-12-31"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_no_date_makes_it_fail(books: None, day: str, zone: str) -> None:
    shop = open_shop(time_zone=zone)
    sell(shop, DAY)
    for verb, body in (("close", {"force": True, "notes": "x"}), ("close", {}), ("reopen", {"reason": "A slip."})):
        answer = shop.post(f"/v1/periods/{day}/{verb}", body)
        assert answer.status_code in {400, 404, 409}, answer.content
    for what in ("readiness", "pack/journals.csv"):
        assert shop.get(f"/v1/periods/{day}/{what}").status_code in {200, 400, 404, 409}


# ── Their spans ─────────────────────────────────────────────────────────────────────────────────
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    cut_off=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    first=st.dates(date(2005, 1, 1), date(2025, 1, 1)),
    days=st.integers(1, 500),
)
def test_their_spans_are_the_calendars(
    anchors: Any, books: None, zone: str, cut_off: time, first: date, days: int
) -> None:
    shop, last = open_shop(time_zone=zone), after(first, days)
    changes: Any = {"cut_off": f"{cut_off:%H:%M}"}
    setup.change_tenant(slug=shop.slug, changes=changes, actor="user:eve")
    how: Any = {"time_zone": zone, "cut_off": cut_off}
    ends = [day for day in (first, last) if is_business_day(day, **how)]
    for day in ends:
        close(shop, day)
    expected = [after(first, number) for number in range(days + 1)] if len(ends) == 2 else ends
    assert spans(shop) == {day: span_of(day, **how) for day in expected if is_business_day(day, **how)}
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []


def test_a_date_that_clocks_skipped_is_no_business_day(books: None) -> None:
    """Samoa went over the date line: 30 December 2011 never came there, nor did the evening that would end it."""
    shop = open_shop(time_zone="Pacific/Apia")
    for day in (date(2011, 12, 28), date(2012, 1, 2)):
        close(shop, day)
    known = spans(shop)
    assert len(known) == 5
    (skipped,) = {after(date(2011, 12, 28), number) for number in range(6)} - known.keys()
    assert (known[after(skipped)][0], known[after(skipped, -1)][1]) == (known[after(skipped, -1)][1],) * 2
    answer = shop.post(f"/v1/periods/{skipped}/close", {})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")
    assert "clocks skipped it" in answer.json()["detail"]
    sold = shop.sale(occurred_at="2012-01-01T12:00:00Z", business_date=str(skipped))
    assert shop.send(sold).json()["reason_code"] == "CLOCK_SKEW"
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []


# ── What is kept of them ────────────────────────────────────────────────────────────────────────
@pytest.fixture
def done(shop: Shop) -> ClosedDay:
    """A sale, three days without one, a sale."""
    sell(shop, DAY)
    close(shop)
    sell(shop, after(DAY, 4))
    return close(shop, after(DAY, 4))


def test_the_trail_names_them_with_the_day(shop: Shop, done: ClosedDay) -> None:
    entries = AuditEntry.objects.filter(tenant=shop.tenant, action="recon.day.closed").order_by("id")
    first, second = (entry.after or {} for entry in entries)
    assert "empty_days" not in first
    assert second["empty_days"] == {"from": str(after(DAY)), "through": str(after(DAY, 3)), "days": 3}
    covered = DayClose.objects.filter(tenant=shop.tenant, covered_by=done.close)
    assert set(covered.values_list("accounts", "open_exceptions", "forced", "actor")) == {(0, 0, False, "user:anna")}


def test_their_packs_say_what_was_before_the_day(shop: Shop, done: ClosedDay) -> None:
    empty, day = trial_balance(standing(shop, after(DAY, 2))), trial_balance(done.close)
    assert len(empty) == 4
    for ours, theirs in zip(empty, day, strict=True):
        for side in ("debit", "credit"):
            assert ours[f"closing_{side}"] == ours[f"opening_{side}"] == theirs[f"opening_{side}"]
        assert (ours["debits"], ours["credits"]) == ("0.00", "0.00")
    assert shop.get(f"/v1/periods/{after(DAY)}/pack/journals.csv").status_code == 200


def test_their_packs_are_put_on_record_when_they_are_asked_for_and_stay(shop: Shop, done: ClosedDay) -> None:
    assert shop.number("day_packs") == 2
    asked = close(shop, after(DAY, 2))
    assert DayPack.objects.get(close=asked.close) == asked.pack
    assert shop.number("day_packs") == 3
    shop.rows("UPDATE accounts SET name = 'Renamed' WHERE tenant_id = %s RETURNING id")
    reopen(shop, after(DAY, 4))
    sell(shop, after(DAY, 4), "evt-more")
    close(shop, after(DAY, 4))
    covered = standing(shop, after(DAY, 2))
    assert covered == asked.close
    assert pack.fingerprints(covered) == asked.pack.files


def test_one_of_them_is_opened_again_and_closed_by_itself(shop: Shop, done: ClosedDay) -> None:
    before = pack.fingerprints(standing(shop, after(DAY, 3)))
    old = standing(shop, after(DAY, 3))
    for days in (4, 3):
        reopen(shop, after(DAY, days))
    sell(shop, after(DAY, 3), "evt-found")
    again = close(shop, after(DAY, 3))
    assert (again.close.revision, again.close.covered_by, again.close.accounts) == (2, None, 4)
    assert [row["debits"] for row in trial_balance(again.close) if row["type"] == "ASSET"] == ["22.50", "20.00"]
    close(shop, after(DAY, 4))
    old.refresh_from_db()
    assert pack.fingerprints(old) == before


def test_what_is_held_on_them_is_kept_with_the_day(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    hold(shop, after(DAY))
    sell(shop, after(DAY, 4))
    done = close(shop, after(DAY, 4), force=True, may_force=True, notes="Month end.")
    assert (done.close.forced, done.close.open_exceptions) == (True, 1)
    assert DayCloseException.objects.get(tenant=shop.tenant).close == done.close
    for day in (after(DAY), after(DAY, 4)):
        kept = b"".join(pack.content(standing(shop, day), "exceptions.csv")).decode()
        assert ("TOTALS_MISMATCH" in kept) == (day == after(DAY, 4))
