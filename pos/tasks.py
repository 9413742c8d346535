"""Background work of the till's side: ids by keyword, one call, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from pos.decisions import release, replay_jobs
from pos.devices import fold
from pos.reports import roll_up
from pos.sales import projection


@shared_task(name="pos.tasks.run_replay")  # type: ignore[untyped-decorator]  # celery is untyped
def run_replay(*, job_id: int) -> None:
    """Move a bulk replay on until it is done."""
    replay_jobs.run_replay(job_id=job_id)


@shared_task(name="pos.tasks.sweep_replays")  # type: ignore[untyped-decorator]
def sweep_replays() -> None:
    """Hand out jobs whose message was lost, or whose worker was."""
    for job_id in replay_jobs.unfinished_jobs(timezone.now()):
        run_replay.delay(job_id=job_id)


@shared_task(name="pos.tasks.release_waiting")  # type: ignore[untyped-decorator]
def release_waiting() -> None:
    """Post what came before its original, where that was missed when the original landed."""
    release.sweep(now=timezone.now())


@shared_task(name="pos.tasks.roll_up_sales")  # type: ignore[untyped-decorator]
def roll_up_sales() -> None:
    """Fold what every tenant has sold since the last time into its daily sales."""
    roll_up.roll_up_all()


@shared_task(name="pos.tasks.project_sales")  # type: ignore[untyped-decorator]
def project_sales() -> None:
    """Write down the lines, tenders and taxes of what every tenant has sold since the last time."""
    projection.project_all()


@shared_task(name="pos.tasks.fold_devices")  # type: ignore[untyped-decorator]
def fold_devices() -> None:
    """Fold what has come of every tenant's devices into their ranges."""
    fold.fold_all()
