"""Jobs in the back office: whatever is done to one is in every tenant's trail, and the product's own stay."""

import itertools
from collections.abc import Iterator
from typing import Any, Final

import pytest
from celery.beat import Service
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler
from kombu.exceptions import OperationalError

from ledgersafe.audit.models import AuditEntry
from ledgersafe.celery import app
from ledgersafe.jobs import changes as changing
from ledgersafe.jobs import own_jobs
from tests.conftest import Shop, open_shop
from tests.scenes.staff import boss, signed_in

LIST, INTERVALS, CRONTABS = (
    f"/admin/django_celery_beat/{name}/" for name in ("periodictask", "intervalschedule", "crontabschedule")
)
TASK: Final = "ledgersafe.tasks.verify_all_books"
OWN: Final = sorted(settings.CELERY_BEAT_SCHEDULE)
_periods: Final = itertools.count(10_000)


@pytest.fixture
def chief() -> User:
    return boss()


@pytest.fixture
def browser(shop: Shop, chief: User) -> Client:
    return signed_in(chief)


@pytest.fixture
def interval(shop: Shop) -> IntervalSchedule:
    row: IntervalSchedule = IntervalSchedule.objects.create(every=next(_periods), period="seconds")
    return row


@pytest.fixture
def job(shop: Shop, interval: Any) -> Iterator[Any]:
    job = PeriodicTask.objects.create(name=f"job-{shop.slug}", task=TASK, interval=interval)
    yield job
    PeriodicTask.objects.filter(pk=job.pk).delete()


@pytest.fixture
def own(books: None) -> None:
    """The product's own jobs, as a scheduler that starts writes them down."""
    DatabaseScheduler(app=app, lazy=False)


def entries(shop: Shop, chief: User) -> list[tuple[str, str, Any, Any]]:
    """(action, object, before, after) of what somebody did to jobs, oldest first."""
    rows = AuditEntry.objects.filter(tenant=shop.tenant, actor=f"user:{chief.username}").order_by("id")
    return [(row.action, f"{row.object_type} {row.object_id}", row.before, row.after) for row in rows]


def page_of(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def typed(job: Any, **changes: Any) -> dict[str, Any]:
    """What the form of a job of somebody's posts."""
    values = {"name": job.name, "regtask": job.task, "interval": job.interval_id, "args": "[]", "kwargs": "{}"}
    return values | {"enabled": "on"} | changes


# ── Jobs that people made ───────────────────────────────────────────────────────────────────────
def test_a_job_is_added_changed_and_deleted_with_an_entry_each(
    shop: Shop, browser: Client, chief: User, interval: Any
) -> None:
    name = f"mine-{shop.slug}"
    form = {"name": name, "regtask": TASK, "interval": interval.pk, "args": "[]", "kwargs": "{}", "enabled": "on"}
    assert browser.post(f"{LIST}add/", form).status_code == 302
    job = PeriodicTask.objects.get(name=name)
    url = f"{LIST}{job.pk}/"
    assert browser.post(f"{url}change/", form).status_code == 302  # nothing is another
    assert browser.post(f"{url}change/", form | {"description": "at night", "enabled": ""}).status_code == 302
    assert browser.post(f"{url}delete/", {"post": "yes"}).status_code == 302
    told = entries(shop, chief)
    actions = ["jobs.job.added", "jobs.job.changed", "jobs.job.deleted"]
    assert [(action, what) for action, what, _, _ in told] == [(action, f"job {name}") for action in actions]
    (_, _, was, added), (_, _, before, after), (_, _, last, gone) = told
    assert (was, gone) == (None, None)
    assert (added["task"], added["enabled"]) == (TASK, True)
    assert {key for key in before if before[key] != after[key]} == {"description", "enabled"}
    assert last == after
    assert not PeriodicTask.objects.filter(name=name).exists()


def test_the_buttons_of_the_list_leave_entries_too(
    shop: Shop, browser: Client, chief: User, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(changing, "has_broker", lambda: True)
    monkeypatch.setattr(app, "send_task", lambda *args, **how: sent.append((args, how)))
    for action in ("disable_tasks", "disable_tasks", "enable_tasks", "toggle_tasks", "run_tasks"):
        assert browser.post(LIST, {"action": action, "_selected_action": [job.pk]}).status_code == 302
    on, off = {"enabled": True}, {"enabled": False}
    assert entries(shop, chief) == [
        ("jobs.job.disabled", f"job {job.name}", on, off),
        ("jobs.job.enabled", f"job {job.name}", off, on),
        ("jobs.job.disabled", f"job {job.name}", on, off),
        ("jobs.job.ran", f"job {job.name}", None, {"args": "[]", "kwargs": "{}"}),
    ]
    assert sent == [((TASK, [], {}), {"headers": {"periodic_task_name": job.name}})]
    data = {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
    assert browser.post(LIST, data).status_code == 302
    assert entries(shop, chief)[-1][:2] == ("jobs.job.deleted", f"job {job.name}")


def test_every_tenant_has_the_entry(shop: Shop, browser: Client, chief: User, job: Any) -> None:
    other = open_shop()
    browser.post(LIST, {"action": "disable_tasks", "_selected_action": [job.pk]})
    assert len(entries(shop, chief)) == len(entries(other, chief)) == 1
    page = page_of(browser.get("/admin/audit/auditentry/", {"q": job.name}))
    assert "jobs.job.disabled" in page


@pytest.mark.parametrize("broken", [OperationalError("no route"), ConnectionRefusedError("refused")])
def test_what_could_not_be_sent_was_not_run(
    shop: Shop, browser: Client, chief: User, job: Any, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise broken

    monkeypatch.setattr(changing, "has_broker", lambda: True)
    monkeypatch.setattr(app, "send_task", refuse)
    page = page_of(browser.post(LIST, {"action": "run_tasks", "_selected_action": [job.pk]}, follow=True))
    assert "The queue cannot be reached" in page
    monkeypatch.setattr(changing, "has_broker", lambda: False)
    page = page_of(browser.post(LIST, {"action": "run_tasks", "_selected_action": [job.pk]}, follow=True))
    assert "there is no queue" in page
    assert entries(shop, chief) == []


@pytest.mark.parametrize("task", ["os.system", "celery.backend_cleanup", "pos.tasks.nothing", ""])
def test_a_job_does_what_the_product_knows(browser: Client, shop: Shop, interval: Any, task: str) -> None:
    form = {"name": f"x-{shop.slug}", "regtask": task, "task": "os.system", "interval": interval.pk, "args": "[]"}
    page = page_of(browser.post(f"{LIST}add/", form | {"kwargs": "{}"}))
    assert "Select a valid choice" in page or "This field is required" in page
    assert not PeriodicTask.objects.filter(name=f"x-{shop.slug}").exists()


def test_every_task_of_the_settings_is_known_to_the_page() -> None:
    assert {job["task"] for job in settings.CELERY_BEAT_SCHEDULE.values()} <= set(own_jobs.known_tasks())


# ── Schedules ───────────────────────────────────────────────────────────────────────────────────
def test_schedules_leave_entries_and_take_their_jobs_along(
    shop: Shop, browser: Client, chief: User, job: Any, interval: Any
) -> None:
    every = next(_periods)
    url = f"{INTERVALS}{interval.pk}/"
    assert browser.post(f"{url}change/", {"every": every, "period": "seconds"}).status_code == 302
    assert browser.post(f"{url}change/", {"every": every, "period": "seconds"}).status_code == 302
    assert browser.post(f"{url}delete/", {"post": "yes"}).status_code == 302
    name = f"schedule every {every} seconds"
    assert [(action, what) for action, what, _, _ in entries(shop, chief)] == [
        ("jobs.schedule.changed", name),
        ("jobs.job.deleted", f"job {job.name}"),
        ("jobs.schedule.deleted", name),
    ]
    assert not PeriodicTask.objects.filter(pk=job.pk).exists()


def test_a_crontab_is_added_with_an_entry(shop: Shop, browser: Client, chief: User) -> None:
    at = {"minute": "7", "hour": "3", "day_of_month": "*", "month_of_year": "*", "day_of_week": "*", "timezone": "UTC"}
    assert browser.post(f"{CRONTABS}add/", at).status_code == 302
    ((action, _, before, after),) = entries(shop, chief)
    assert (action, before, after["hour"]) == ("jobs.schedule.added", None, "3")
    row = CrontabSchedule.objects.order_by("-pk")[0]
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert browser.post(CRONTABS, data).status_code == 302
    assert entries(shop, chief)[-1][0] == "jobs.schedule.deleted"


# ── The product's own ───────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", OWN)
def test_the_form_of_an_own_job_is_saved_as_it_is_and_switched_off_and_on(
    shop: Shop, browser: Client, chief: User, name: str
) -> None:
    job = PeriodicTask.objects.get(name=name)
    url = f"{LIST}{job.pk}/change/"
    page = page_of(browser.get(url))
    assert job.task in page
    assert 'name="regtask"' not in page
    for form, enabled in (({"enabled": "on"}, True), ({"enabled": ""}, False), ({"enabled": "on"}, True)):
        assert browser.post(url, form | {"description": ""}).status_code == 302
        job.refresh_from_db()
        assert job.enabled is enabled
    assert [(action, before["enabled"], after["enabled"]) for action, _, before, after in entries(shop, chief)] == [
        ("jobs.job.changed", True, False),
        ("jobs.job.changed", False, True),
    ]


@pytest.mark.usefixtures("own")
def test_an_own_job_is_not_changed_and_not_deleted(shop: Shop, browser: Client, chief: User, job: Any) -> None:
    mine = PeriodicTask.objects.get(name=OWN[0])
    before = PeriodicTask.objects.filter(pk=mine.pk).values().get()
    url = f"{LIST}{mine.pk}/"
    stolen = {"name": "stolen", "task": "os.system", "regtask": "os.system", "kwargs": '{"a": 1}', "interval": ""}
    assert browser.post(f"{url}change/", typed(mine, **stolen)).status_code == 302
    assert browser.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    both = {"action": "delete_selected", "_selected_action": [mine.pk, job.pk], "post": "yes"}
    assert browser.post(LIST, both).status_code == 403
    schedule = f"{INTERVALS}{mine.interval_id}/"
    assert browser.post(f"{schedule}change/", {"every": 5, "period": "days"}).status_code == 403
    assert browser.post(f"{schedule}delete/", {"post": "yes"}).status_code == 403
    one = {"action": "delete_selected", "_selected_action": [mine.interval_id], "post": "yes"}
    assert browser.post(INTERVALS, one).status_code == 403
    after = PeriodicTask.objects.filter(pk=mine.pk).values().get()
    assert {key for key in after if after[key] != before[key]} <= {"date_changed"}
    assert PeriodicTask.objects.filter(pk=job.pk).exists()
    assert entries(shop, chief) == []


@pytest.mark.usefixtures("own")
def test_the_use_cases_refuse_it_too(shop: Shop, job: Any) -> None:
    mine = PeriodicTask.objects.get(name=OWN[0])
    for change in ({"task": "os.system"}, {"kwargs": "[1]"}, {"name": "other"}, {"interval": job.interval}):
        changed = PeriodicTask.objects.get(pk=mine.pk)
        for name, value in change.items():
            setattr(changed, name, value)
        with transaction.atomic(), pytest.raises(changing.OwnJob):
            changing.save(changed, actor="user:x")
    job.name = OWN[0]
    with transaction.atomic(), pytest.raises(changing.OwnJob):
        changing.save(job, actor="user:x")
    with transaction.atomic(), pytest.raises(changing.OwnJob):
        changing.delete(mine, actor="user:x")
    for operation in (changing.save_schedule, changing.delete_schedule):
        with transaction.atomic(), pytest.raises(changing.OwnSchedule):
            operation(mine.interval, actor="user:x")


@pytest.mark.usefixtures("own")
def test_nobody_takes_an_own_jobs_name(shop: Shop, browser: Client, job: Any) -> None:
    page = page_of(browser.post(f"{LIST}{job.pk}/change/", typed(job, name=OWN[0])))
    assert "own jobs" in page


@pytest.mark.usefixtures("own")
def test_a_scheduler_that_starts_writes_down_again_what_is_missing(shop: Shop) -> None:
    PeriodicTask.objects.filter(name=OWN[0]).delete()  # past the back office
    PeriodicTask.objects.filter(name=OWN[1]).update(enabled=False, task="os.system")
    Service(app, scheduler_cls=DatabaseScheduler).get_scheduler(lazy=False)
    assert PeriodicTask.objects.filter(name=OWN[0], enabled=True).exists()
    task, enabled = PeriodicTask.objects.values_list("task", "enabled").get(name=OWN[1])
    assert (task, enabled) == (settings.CELERY_BEAT_SCHEDULE[OWN[1]]["task"], False)
    PeriodicTask.objects.filter(name=OWN[1]).update(enabled=True)
