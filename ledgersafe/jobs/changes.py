"""Use cases: switch, run, save and delete scheduled jobs, each recorded in the audit trail.

A job acts on all tenants (it seals trails, closes days), so that every tenant's trail gets the entry. Without tenants,
the change is logged instead.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from kombu.exceptions import OperationalError

from ledgersafe.audit import trail
from ledgersafe.celery import app
from ledgersafe.jobs.child_process import NO_BROKER, has_broker
from ledgersafe.jobs.own_jobs import is_own, own_names, runs_own_jobs
from ledgersafe.postgres.db import require_transaction
from ledgersafe.values.errors import DomainError

logger = logging.getLogger(__name__)

#: Fields of a job in the audit trail.
_JOB: Final = (
    "name", "task", "enabled", "description", "args", "kwargs", "interval", "crontab", "start_time", "one_off",
    "expire_seconds",
)  # fmt: skip


class OwnJob(DomainError):
    """This job is one of the product's own: it can be switched off and on and be run, but not changed or deleted."""

    code = "OWN_JOB"
    http_status = 409


class OwnSchedule(DomainError):
    """The product's own jobs run by this schedule: it cannot be changed or deleted."""

    code = "OWN_SCHEDULE"
    http_status = 409


class NotSent(DomainError):
    """The queue cannot be reached; nothing was sent to it."""

    code = "NOT_SENT"
    http_status = 503


# ── Use cases ───────────────────────────────────────────────────────────────────────────────────
def switch(job_ids: Iterable[int], *, to: bool | None, actor: str) -> int:
    """Switch jobs on or off; None toggles each. :returns: how many changed."""
    changed = 0
    with transaction.atomic(durable=True):
        for job in _locked(job_ids):
            enabled = not job.enabled if to is None else to
            if enabled == job.enabled:
                continue
            off: dict[str, Any] = (
                {} if enabled else {"last_run_at": None}
            )  # otherwise it would count as late once it is on again
            PeriodicTask.objects.filter(pk=job.pk).update(enabled=enabled, **off)
            action = f"jobs.job.{'enabled' if enabled else 'disabled'}"
            _record(action, job, {"enabled": job.enabled}, {"enabled": enabled}, actor)
            changed += 1
        PeriodicTasks.update_changed()
    return changed


def run_now(job_ids: Iterable[int], *, actor: str) -> int:
    """Put jobs into the queue now, apart from their schedule. :returns: how many. :raises NotSent: no queue."""
    if not has_broker():
        raise NotSent(NO_BROKER)
    try:
        with transaction.atomic(durable=True):
            jobs = _locked(job_ids)
            for job in jobs:
                _record("jobs.job.ran", job, None, {"args": job.args, "kwargs": job.kwargs}, actor)
            for job in jobs:
                queue = {"queue": job.queue} if job.queue else {}
                headers = {"periodic_task_name": job.name}
                app.send_task(job.task, json.loads(job.args), json.loads(job.kwargs), headers=headers, **queue)
    except (OperationalError, OSError) as error:
        raise NotSent(f"The queue cannot be reached: {error}") from error
    return len(jobs)


def save(job: Any, *, actor: str) -> None:
    """Save a job; operation. :raises OwnJob: an own job changes in more than its switch, or its name is taken."""
    require_transaction()
    before = PeriodicTask.objects.select_for_update(of=("self",)).filter(pk=job.pk).first() if job.pk else None
    was, becomes = _state(before) if before else None, _state(job)
    if was and is_own(before):
        if {name for name in was if was[name] != becomes[name]} - {"enabled", "description"}:
            raise OwnJob
    elif job.name in own_names():
        raise OwnJob(f"{job.name} is the name of one of the product's own jobs.")
    job.save()
    if was != becomes:
        _record("jobs.job.changed" if was else "jobs.job.added", job, was, becomes, actor)


def delete(job: Any, *, actor: str) -> None:
    """Delete a job; operation. :raises OwnJob: it is the product's own."""
    require_transaction()
    if is_own(job):
        raise OwnJob
    _record("jobs.job.deleted", job, _state(job), None, actor)
    job.delete()


def save_schedule(schedule: Any, *, actor: str) -> None:
    """Save a schedule; operation. :raises OwnSchedule: one of the product's own jobs runs by it."""
    require_transaction()
    before = type(schedule).objects.filter(pk=schedule.pk).first() if schedule.pk else None
    if before is not None and runs_own_jobs(before):
        raise OwnSchedule
    was = _timing(before) if before else None
    schedule.save()
    if was != _timing(schedule):
        action = "jobs.schedule.changed" if was else "jobs.schedule.added"
        _record(action, schedule, was, _timing(schedule), actor)


def delete_schedule(schedule: Any, *, actor: str) -> None:
    """Delete a schedule, and the jobs that run by it; operation. :raises OwnSchedule: an own job is among them."""
    require_transaction()
    if runs_own_jobs(schedule):
        raise OwnSchedule
    for job in schedule.periodictask_set.all():
        delete(job, actor=actor)
    _record("jobs.schedule.deleted", schedule, _timing(schedule), None, actor)
    schedule.delete()


def _locked(job_ids: Iterable[int]) -> list[Any]:
    return list(PeriodicTask.objects.select_for_update().filter(pk__in=list(job_ids)).order_by("name"))


# ── The trail ───────────────────────────────────────────────────────────────────────────────────
def _state(job: Any) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in _JOB}
    return {name: value if isinstance(value, bool | int | None) else str(value) for name, value in values.items()}


def _timing(schedule: Any) -> dict[str, Any]:
    return {field.name: str(getattr(schedule, field.name)) for field in schedule._meta.fields if field.name != "id"}


def _record(
    action: str, what: Any, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, actor: str
) -> None:
    kind, name = ("job", what.name) if isinstance(what, PeriodicTask) else ("schedule", str(what))
    entries = trail.record_everywhere(
        actor=actor, action=action, object_type=kind, object_id=name, before=before, after=after
    )
    if not entries:
        logger.warning("%s: %s by %s", action, name, actor)
