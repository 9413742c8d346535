"""The hourly job: it closes what is over and ready, and nothing else."""

import logging
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from pytest_django import Settings

from recon import (
    tasks,
)
from recon.closing import due
from tests.conftest import Shop
from tests.scenes.days import DAY, after, hold, sell

#: The day ends at 23:59 UTC.
END = datetime(2026, 2, 25, 23, 59, tzinfo=UTC)


def close_due(shop: Shop, now: datetime) -> list[date]:
    return due.close_due_days(shop.tenant, actor="system:test", now=now, grace=timedelta(minutes=30))


def test_a_day_is_closed_once_its_grace_period_is_over_and_only_once(shop: Shop) -> None:
    sell(shop, DAY)
    assert close_due(shop, END + timedelta(minutes=29)) == []
    assert close_due(shop, END + timedelta(minutes=30)) == [DAY]
    assert close_due(shop, END + timedelta(minutes=30)) == []
    assert shop.number("day_closes") == 1


def test_several_days_are_closed_in_order(shop: Shop) -> None:
    for days in (3, 0):
        sell(shop, after(DAY, days))
    assert close_due(shop, END + timedelta(days=9)) == [DAY, after(DAY, 3)]
    assert shop.number("day_closes") == 4


def test_it_never_forces_and_says_why_a_day_stays_open(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    sell(shop, DAY)
    hold(shop, DAY)
    sell(shop, after(DAY))
    with caplog.at_level(logging.WARNING, "recon.closing.due"):
        assert close_due(shop, END + timedelta(days=9)) == []
    assert f"A day of {shop.slug} stays open: DAY_NOT_READY 1 held event" in caplog.text


def test_beat_runs_it_hourly_for_every_tenant(shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, timedelta]] = []
    monkeypatch.setattr(due, "close_due_days", lambda tenant, **how: asked.append((tenant.slug, how["grace"])))
    settings.CLOSE_GRACE_MINUTES = 90
    tasks.close_due_days()
    assert (shop.slug, timedelta(minutes=90)) in asked


def test_the_schedule_names_it() -> None:
    job = settings.CELERY_BEAT_SCHEDULE["close-due-days-hourly"]
    assert (job["task"], job["schedule"]) == (tasks.close_due_days.name, 3600.0)
