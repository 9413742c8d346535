"""Use cases: replay all held events of one reason, for instance after an event type was enabled.

A job is a row; a Celery worker or a command processes it chunk by chunk. Each chunk is decided in the transaction that
advances the job, so a worker that dies leaves nothing half done and the next worker continues from there.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from exceptions.decisions import Decision, DecisionAction, read_notes
from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from ledgersafe.audit import trail
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from ledgersafe.values.errors import InvalidParameter, NotFound
from pos.decisions.carry_out import DecisionRun
from pos.decisions.resolve import CHUNK, checked, count_journals, rolled_back
from pos.decisions.writing import CaseRun
from pos.models import JobStatus, ReplayJob

#: A job without progress for this long has lost its worker.
STALE_AFTER_SECONDS: Final = 90

Progress = Callable[[int, int], None]


def request_replay(
    *, tenant_id: int, reason_code: str, notes: str, actor: str, may_approve: bool, now: datetime
) -> ReplayJob:
    """Create a job that replays every case of a reason open at `now`, each as it arrived.

    :raises InvalidParameter: an unknown reason. :raises exceptions.decisions.NotesRequired: the notes are empty.
    :raises pos.contract.PanDetected: the notes hold a card number.
    """
    if reason_code not in REASONS:
        raise InvalidParameter(f"reason_code must be one of {', '.join(REASONS)}.")
    decision = checked(Decision(DecisionAction.REPLAY, read_notes(notes)))
    with tenant_transaction(tenant_id):
        job = ReplayJob.objects.create(
            tenant_id=tenant_id,
            reason_code=reason_code,
            notes=decision.notes,
            requested_by=actor,
            may_approve=may_approve,
            total=open_cases(tenant_id, reason_code, now).count(),
            created_at=now,
        )
        trail.record(
            tenant_id=tenant_id,
            actor=actor,
            action="pos.replay.requested",
            object_type="replay_job",
            object_id=job.id,
            after={"reason_code": reason_code, "cases": job.total},
            notes=job.notes,
        )
    return job


def run_replay(*, job_id: int, on_progress: Progress | None = None) -> ReplayJob:
    """Run a job until it is done. Safe to run twice and concurrently: a row lock gives each chunk to one worker.

    :raises NotFound: the job does not exist.
    """
    job = ReplayJob.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound(f"There is no replay job {job_id}.")
    while job.status != JobStatus.DONE:
        job, runs = retry_serialization(partial(_move, job.tenant_id, job.id))
        count_journals(runs)
        if on_progress is not None:
            on_progress(job.resolved + job.refused, job.total)
    return job


def dry_run(
    *, tenant_id: int, reason_code: str, actor: str, now: datetime, on_progress: Progress | None = None
) -> Counter[str]:
    """Count the outcomes a replay would have: the real path, each chunk rolled back.

    :returns: {`resolved` or an error code: number of cases}.
    """
    decision_run = DecisionRun(tenant_id, Decision(DecisionAction.REPLAY, "dry run"), actor, False, now)
    cases, outcomes, reached = open_cases(tenant_id, reason_code, now), Counter[str](), None
    total = cases.count() if on_progress is not None else 0
    while chunk := _next_chunk(cases, reached):
        ids = [case_id for _, case_id in chunk]
        runs = retry_serialization(
            lambda ids=ids: rolled_back(tenant_id, lambda: decision_run.decide(ids, propose=False))  # type: ignore[misc]
        )
        outcomes.update(_outcome(run) for run in runs)
        reached = chunk[-1]
        if on_progress is not None:
            on_progress(outcomes.total(), total)
    return outcomes


def unfinished_jobs(now: datetime) -> Iterator[int]:
    """Yield the ids of jobs without a worker: queued ones, and those without progress for too long."""
    stale = now.timestamp() - STALE_AFTER_SECONDS
    for job in ReplayJob.objects.exclude(status=JobStatus.DONE).order_by("id"):
        if job.moved_at is None or job.moved_at.timestamp() < stale:
            yield job.id


def open_cases(tenant_id: int, reason_code: str, until: datetime) -> QuerySet[ExceptionCase]:
    """Select the open cases of a reason created up to an instant, oldest first."""
    rows = ExceptionCase.objects.filter(
        tenant_id=tenant_id, status=CaseStatus.OPEN, reason_code=reason_code, created_at__lte=until
    )
    return rows.order_by("created_at", "id")


def _move(tenant_id: int, job_id: int) -> tuple[ReplayJob, list[CaseRun]]:
    """Decide the next chunk and advance the job.

    The row lock makes two workers with the same message take turns: each continues where the other stopped.
    """
    now = timezone.now()
    with tenant_transaction(tenant_id):
        job = ReplayJob.objects.select_for_update(of=("self",)).get(pk=job_id)
        if job.status == JobStatus.DONE:
            return job, []
        reached = (job.reached_at, job.reached_id) if job.reached_at and job.reached_id else None
        chunk = _next_chunk(open_cases(tenant_id, job.reason_code, job.created_at), reached)
        decision_run = DecisionRun(
            tenant_id, Decision(DecisionAction.REPLAY, job.notes), job.requested_by, job.may_approve, now
        )
        runs = decision_run.decide([case_id for _, case_id in chunk]) if chunk else []
        outcomes = Counter(_outcome(run) for run in runs)
        job.resolved += outcomes.pop("resolved", 0)
        job.refused += outcomes.total()
        job.refusals = dict(Counter(job.refusals) + outcomes)
        job.status, job.moved_at = JobStatus.RUNNING, now
        if chunk:
            job.reached_at, job.reached_id = chunk[-1]
        if len(chunk) < CHUNK:
            _finish(job, now)
        job.save()
    return job, runs


def _finish(job: ReplayJob, now: datetime) -> None:
    job.status, job.finished_at = JobStatus.DONE, now
    trail.record(
        tenant_id=job.tenant_id,
        actor=job.requested_by,
        action="pos.replay.finished",
        object_type="replay_job",
        object_id=job.id,
        after={"resolved": job.resolved, "refused": job.refused, "refusals": job.refusals},
    )


def _next_chunk(
    cases: QuerySet[ExceptionCase], reached: tuple[datetime, uuid.UUID] | None
) -> list[tuple[datetime, uuid.UUID]]:
    """Return (created_at, id) of the next cases after the last one decided; they are read in full once locked."""
    if reached is not None:
        at, case_id = reached
        cases = cases.filter(Q(created_at__gt=at) | Q(created_at=at, id__gt=case_id))
    return list(cases.values_list("created_at", "id")[:CHUNK])


def _outcome(run: CaseRun) -> str:
    if run.refusal is None:
        return "resolved"
    return str(run.refusal.context.get("reason_code") or run.refusal.code)
