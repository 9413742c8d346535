"""Celery tasks of `pos`: ids as keyword arguments, one call each, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from pos.decisions import release, replay_jobs
from pos.devices import fold
from pos.reports import roll_up
from pos.sales import projection


@shared_task(name="pos.tasks.run_replay")  # type: ignore[untyped-decorator]  # celery is untyped
def run_replay(*, job_id: int) -> None:
    """Run a bulk replay until it is done."""
    replay_jobs.run_replay(job_id=job_id)


@shared_task(name="pos.tasks.sweep_replays")  # type: ignore[untyped-decorator]
def sweep_replays() -> None:
    """Queue the jobs whose message or worker was lost."""
    for job_id in replay_jobs.unfinished_jobs(timezone.now()):
        run_replay.delay(job_id=job_id)


@shared_task(name="pos.tasks.release_waiting")  # type: ignore[untyped-decorator]
def release_waiting() -> None:
    """Post events that arrived before their original and were missed when it was posted."""
    release.sweep(now=timezone.now())


@shared_task(name="pos.tasks.roll_up_sales")  # type: ignore[untyped-decorator]
def roll_up_sales() -> None:
    """Fold new sale headers of every tenant into its daily sales."""
    roll_up.roll_up_all()


@shared_task(name="pos.tasks.project_sales")  # type: ignore[untyped-decorator]
def project_sales() -> None:
    """Write lines, tenders and taxes of new sale headers of every tenant."""
    projection.project_all()


@shared_task(name="pos.tasks.fold_devices")  # type: ignore[untyped-decorator]
def fold_devices() -> None:
    """Fold new sequence numbers of every tenant's devices into ranges."""
    fold.fold_all()
