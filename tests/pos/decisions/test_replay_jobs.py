"""Bulk replays: every open case of a reason, chunk by chunk, whatever becomes of the worker."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from prometheus_client import REGISTRY

from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter
from pos import (
    tasks,
)
from pos.decisions import replay_jobs
from pos.models import ReplayJob
from tests.conftest import Shop


def switch(shop: Shop, *types: str) -> None:
    """Switch event types on for the shop, and no others."""
    Tenant.objects.get(pk=shop.tenant.id)
    tenant = Tenant.objects.get(pk=shop.tenant.id)
    tenant.enabled_event_types = list(types)
    tenant.save(update_fields=["enabled_event_types"])


def hold_sales(shop: Shop, number: int) -> None:
    """Sales of a tenant that has switched sales off."""
    switch(shop, "NO_SALE")
    events = [shop.sale(f"evt-{n}") for n in range(number)]
    counts = shop.post("/v1/events/batch", {"events": events}).json()["counts"]
    assert counts == {"quarantined": number}


def request(shop: Shop, reason: str = "UNKNOWN_EVENT_TYPE") -> ReplayJob:
    return replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code=reason,
        notes="Sales are switched on.",
        actor="user:anna",
        may_approve=False,
        now=timezone.now(),
    )


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("replay", *arguments, stdout=out)
    return out.getvalue()


def test_everything_held_for_a_reason_is_posted_once_the_reason_is_gone(shop: Shop) -> None:
    hold_sales(shop, 7)
    switch(shop, "SALE")
    job = request(shop)

    replay_jobs.run_replay(job_id=job.id)
    again = replay_jobs.run_replay(job_id=job.id)

    assert (again.status, again.total, again.resolved, again.refused) == ("done", 7, 7, 0)
    assert shop.number("journals") == 7
    assert shop.rows("SELECT count(*) FROM exceptions WHERE tenant_id = %s AND status = 'open'") == [(0,)]
    actions = shop.rows(
        "SELECT action, count(*) FROM audit_log WHERE tenant_id = %s AND actor = %s GROUP BY 1", "user:anna"
    )
    assert dict(actions) == {"pos.replay.requested": 1, "exceptions.case.resolved": 7, "pos.replay.finished": 1}


def test_what_still_cannot_be_posted_stays_held_and_is_counted(shop: Shop) -> None:
    hold_sales(shop, 3)
    job = replay_jobs.run_replay(job_id=request(shop).id)
    assert (job.resolved, job.refused, job.refusals) == (0, 3, {"UNKNOWN_EVENT_TYPE": 3})
    assert shop.number("journals") == 0


def test_a_worker_that_dies_leaves_whole_chunks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_sales(shop, 7)
    switch(shop, "SALE")
    monkeypatch.setattr(replay_jobs, "CHUNK", 3)
    job = request(shop)

    class Killed(BaseException):
        pass

    def die(done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        replay_jobs.run_replay(job_id=job.id, on_progress=die)
    assert shop.number("journals") == 3

    finished = replay_jobs.run_replay(job_id=job.id)

    assert (finished.status, finished.resolved) == ("done", 7)
    assert shop.number("journals") == 7


def test_the_sweeper_hands_out_what_no_worker_moves(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_sales(shop, 1)
    job = request(shop)
    handed: list[int] = []
    monkeypatch.setattr(tasks.run_replay, "delay", lambda job_id: handed.append(job_id))

    tasks.sweep_replays()
    assert job.id in handed

    replay_jobs.run_replay(job_id=job.id)
    handed.clear()
    tasks.sweep_replays()
    assert job.id not in handed


def test_one_that_is_refused_never_fails_its_neighbours(shop: Shop) -> None:
    hold_sales(shop, 4)
    other = shop.sale("evt-other", currency="EUR")
    shop.send(other)
    switch(shop, "SALE")
    shop.send(shop.sale("evt-open-eur", currency="EUR"))
    shop.rows("UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND currency = 'EUR' RETURNING id")

    before = REGISTRY.get_sample_value("ledger_tx_total", {"result": "ok"}) or 0
    job = replay_jobs.run_replay(job_id=request(shop).id)

    assert (job.resolved, job.refusals) == (4, {"PROCESSING_FAILED": 1})
    assert REGISTRY.get_sample_value("ledger_tx_total", {"result": "ok"}) == before + 4


def test_a_dry_run_tells_and_keeps_nothing(shop: Shop) -> None:
    hold_sales(shop, 5)
    switch(shop, "SALE")

    told = json.loads(command("--tenant", shop.slug, "--reason", "UNKNOWN_EVENT_TYPE", "--dry-run", "--json"))

    assert told == {"cases": 5, "outcomes": {"resolved": 5}}
    assert (shop.number("journals"), shop.number("replay_jobs")) == (0, 0)
    assert shop.rows("SELECT DISTINCT status, replay_attempts FROM exceptions WHERE tenant_id = %s") == [("open", 0)]


def test_the_command_replays_and_says_what_came_of_it(shop: Shop) -> None:
    hold_sales(shop, 5)
    switch(shop, "SALE")

    told = command("--tenant", shop.slug, "--reason", "UNKNOWN_EVENT_TYPE", "--notes", "Switched on.")

    assert "posted" in told
    assert shop.number("journals") == 5
    assert "Nothing is held" in command("--tenant", shop.slug, "--reason", "UNKNOWN_EVENT_TYPE", "--dry-run")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--tenant", "nobody", "--reason", "CLOCK_SKEW", "--dry-run"],
        ["--job", "999999999"],
        ["--job", "1", "--dry-run"],
    ],
)
def test_the_command_refuses_what_it_cannot_do(books: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refusal:
        command(*arguments)
    assert refusal.value.returncode == 2


def test_notes_are_required(shop: Shop) -> None:
    with pytest.raises(CommandError):
        command("--tenant", shop.slug, "--reason", "CLOCK_SKEW")


def test_an_unknown_reason_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidParameter):
        request(shop, "BAD_MOOD")


def test_the_number_of_statements_does_not_grow_with_the_cases(shop: Shop, django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (2, 40):
        switch(shop, "NO_SALE")
        events = [shop.sale(f"evt-{number}-{n}") for n in range(number)]
        shop.post("/v1/events/batch", {"events": events})
        switch(shop, "SALE")
        job = request(shop)
        with CaptureQueriesContext(connection) as queries:
            replay_jobs.run_replay(job_id=job.id)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
