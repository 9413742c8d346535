"""The Jobs page: who sees it, who changes it, and what it says of each job."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from ledgersafe.jobs import (
    child_process,
    scheduler,
    state,
)
from tests.conftest import Shop
from tests.scenes.staff import boss, hire, signed_in

LIST = "/admin/django_celery_beat/periodictask/"


@pytest.fixture
def job(shop: Shop) -> Iterator[Any]:
    """A job that runs every minute, last half a minute ago."""
    interval, _ = IntervalSchedule.objects.get_or_create(every=60, period="seconds")
    job = PeriodicTask.objects.create(
        name=f"job-{shop.slug}",
        task="ledgersafe.tasks.verify_all_books",
        interval=interval,
        last_run_at=timezone.now() - timedelta(seconds=30),
        total_run_count=1,
    )
    yield job
    job.delete()


def page_of(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_only_the_pages_that_are_needed_are_there() -> None:
    shown = set(admin.site._registry)
    assert {PeriodicTask, IntervalSchedule, CrontabSchedule} <= shown
    assert shown.isdisjoint({ClockedSchedule, SolarSchedule})


def test_a_job_says_when_it_runs_next(job: Any) -> None:
    now = timezone.now()
    due = state.next_run(job)
    assert due is not None
    assert timedelta(seconds=25) < due - now < timedelta(seconds=31)
    assert not state.is_late(job, now)
    assert state.is_late(job, now + timedelta(minutes=10))
    job.enabled = False
    assert state.next_run(job) is None
    assert not state.is_late(job, now + timedelta(minutes=10))


def test_the_page_shows_each_job(job: Any) -> None:
    page = page_of(signed_in(boss()).get(LIST))
    for words in (job.name, "every minute", "seconds ago", "on time"):
        assert words in page
    assert "<script>" not in page


@pytest.mark.parametrize("name", ["periodictask", "intervalschedule", "crontabschedule"])
def test_superusers_change_the_schedule_by_styled_forms(job: Any, name: str) -> None:
    chief = signed_in(boss())
    assert "<script>" not in page_of(chief.get(f"/admin/django_celery_beat/{name}/add/"))
    page = page_of(chief.get(f"{LIST}{job.pk}/change/"))
    assert "ledgersafe.tasks.verify_all_books" in page
    assert "<script>" not in page


def test_a_superuser_gives_a_job_another_schedule(job: Any) -> None:
    hourly, _ = IntervalSchedule.objects.get_or_create(every=3600, period="seconds")
    typed = {"name": job.name, "interval": hourly.pk, "args": "[]", "kwargs": "{}", "enabled": "on"}
    chief, form = signed_in(boss()), f"{LIST}{job.pk}/change/"
    assert "required" in page_of(chief.post(form, typed))
    assert "Unable to parse JSON" in page_of(chief.post(form, typed | {"regtask": job.task, "kwargs": "{"}))
    assert chief.post(form, typed | {"regtask": "ledgersafe.tasks.seal_audit_trails"}).status_code == 302
    job.refresh_from_db()
    assert (job.task, job.interval) == ("ledgersafe.tasks.seal_audit_trails", hourly)


@pytest.mark.parametrize("task", sorted({str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}))
def test_every_job_of_the_product_can_be_saved(job: Any, task: str) -> None:
    PeriodicTask.objects.filter(pk=job.pk).update(task=task)
    chief, form = signed_in(boss()), f"{LIST}{job.pk}/change/"
    assert f'<option value="{task}" selected>' in page_of(chief.get(form))
    typed = {"name": job.name, "interval": job.interval_id, "args": "[]", "kwargs": "{}", "regtask": task}
    assert chief.post(form, typed).status_code == 302
    job.refresh_from_db()
    assert (job.task, job.enabled) == (task, False)


def test_the_first_interval_of_a_job_does_not_begin_anew_with_every_start(job: Any) -> None:
    PeriodicTask.objects.filter(pk=job.pk).update(last_run_at=None, total_run_count=0)
    scheduler.begin_countdowns()
    job.refresh_from_db()
    began = job.last_run_at
    assert began is not None
    scheduler.begin_countdowns()
    job.refresh_from_db()
    assert job.last_run_at == began
    assert "not yet" in page_of(signed_in(boss()).get(LIST, {"q": job.name}))


def test_a_superuser_switches_a_job_off_and_on(job: Any) -> None:
    chief = signed_in(boss())
    for action, enabled in (("disable_tasks", False), ("enable_tasks", True)):
        assert chief.post(LIST, {"action": action, "_selected_action": [job.pk]}).status_code == 302
        job.refresh_from_db()
        assert job.enabled is enabled


@pytest.mark.parametrize("role", ["auditor", "tenant_administrator"])
def test_others_look_and_change_nothing(shop: Shop, job: Any, role: str) -> None:
    person = signed_in(hire(role, shop))
    assert job.name in page_of(person.get(LIST))
    page_of(person.get(f"{LIST}{job.pk}/change/"))
    for url in (f"{LIST}{job.pk}/change/", f"{LIST}{job.pk}/delete/", f"{LIST}add/"):
        assert person.post(url, {"name": "stolen", "post": "yes"}).status_code == 403
    person.post(LIST, {"action": "disable_tasks", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.enabled


def test_who_may_not_see_it_does_not(shop: Shop) -> None:
    operator = signed_in(hire("operator", shop))
    assert operator.get(LIST).status_code == 403
    assert operator.get(reverse("admin:jobs_alive")).status_code == 403
    assert Client().get(LIST).status_code == 302


def test_without_a_queue_the_page_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "memory://")
    assert not child_process.has_broker()
    page = page_of(signed_in(boss()).get(reverse("admin:jobs_alive")))
    assert "set REDIS_URL or CELERY_BROKER_URL" in page


def test_a_queue_that_cannot_be_reached_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledgersafe.celery import app

    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    unreachable = app.connection_for_write("redis://127.0.0.1:1/0")
    monkeypatch.setattr(app, "connection_for_write", lambda: unreachable)
    assert "cannot be reached" in page_of(signed_in(boss()).get(reverse("admin:jobs_alive")))


@pytest.mark.skipif(not settings.REDIS_URL, reason="REDIS_URL is not set, and no Valkey could be started")
def test_the_card_asks_the_queue(shop: Shop) -> None:
    page = page_of(signed_in(boss()).get(reverse("admin:jobs_alive")))
    assert "Jobs in the queue" in page
