"""Business days: which one an instant belongs to, and how they close."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ledger.calendar import business_days
from ledger.models import Period
from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop

ATHENS = {"time_zone": "Europe/Athens", "cut_off": time(4, 0)}


@pytest.mark.parametrize(
    ("instant", "zone", "cut_off", "day"),
    [
        ("2026-02-25T23:58:59+00:00", "UTC", time(23, 59), date(2026, 2, 25)),
        ("2026-02-25T23:59:00+00:00", "UTC", time(23, 59), date(2026, 2, 26)),
        ("2026-02-25T03:59:59+02:00", "Europe/Athens", time(4), date(2026, 2, 25)),
        ("2026-02-25T04:00:00+02:00", "Europe/Athens", time(4), date(2026, 2, 26)),
        ("2026-02-25T22:00:00-05:00", "America/New_York", time(23, 59), date(2026, 2, 25)),
    ],
)
def test_the_cut_off_decides_the_day(instant: str, zone: str, cut_off: time, day: date) -> None:
    assert business_days.business_date_of(datetime.fromisoformat(instant), time_zone=zone, cut_off=cut_off) == day


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_days_are_23_to_25_hours_long_where_clocks_change(day: str, hours: int) -> None:
    start, end = business_days.span_of(date.fromisoformat(day), **ATHENS)  # type: ignore[arg-type]
    assert end - start == timedelta(hours=hours)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds it
def test_every_instant_lies_in_the_span_of_its_day(instant: datetime) -> None:
    day = business_days.business_date_of(instant, **ATHENS)  # type: ignore[arg-type]
    start, end = business_days.span_of(day, **ATHENS)  # type: ignore[arg-type]
    assert start <= instant < end


def test_a_closed_day_stays_closed_and_keeps_every_balance(shop: Shop) -> None:
    assert shop.send(shop.sale()).status_code == 201
    for _ in range(2):
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, date(2026, 2, 25), now=timezone.now())
    assert shop.number("balance_snapshots") == 4
    assert periods.last_closed_date(shop.tenant.id) == date(2026, 2, 25)


def test_a_day_nobody_opened_cannot_be_sealed(shop: Shop) -> None:
    with pytest.raises(Period.DoesNotExist), tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, date(2026, 2, 25), now=timezone.now())


def test_a_late_event_is_posted_into_the_open_day_while_the_window_lasts(shop: Shop) -> None:
    now = timezone.now()
    yesterday = (now - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale(occurred_at=yesterday.isoformat())).status_code == 201
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, yesterday.date(), now=now)
    assert shop.send(shop.sale("evt-late", occurred_at=yesterday.isoformat())).status_code == 201
    sql = "SELECT is_late, business_date FROM journals WHERE tenant_id = %s AND source_key = 'evt-late'"
    [(is_late, day)] = shop.rows(sql)
    assert is_late
    assert day > yesterday.date()


def test_a_late_event_after_the_window_is_held(shop: Shop) -> None:
    now = timezone.now()
    old = now - timedelta(days=10)
    assert shop.send(shop.sale(occurred_at=old.isoformat())).status_code == 201
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, Period.objects.get(tenant=shop.tenant).business_date, now=now)
    answer = shop.send(shop.sale("evt-late", occurred_at=old.isoformat()))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "LATE_EVENT_OUTSIDE_WINDOW")
