"""The product's own jobs, and the tasks a job can run.

Own jobs are those of the settings. The scheduler restores them from there with every start, so that people can switch
them off and on and run them, and nothing else.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from ledgersafe.celery import app


def own_names() -> frozenset[str]:
    """Names of the product's own jobs."""
    return frozenset(settings.CELERY_BEAT_SCHEDULE)


def is_own(job: Any) -> bool:
    """Tell whether a job is the product's own; False for one that is not saved yet."""
    return job is not None and job.pk is not None and job.name in own_names()


def known_tasks() -> list[str]:
    """Names of this product's tasks, sorted: those a job can run. The same in every process."""
    app.loader.import_default_modules()
    registered = {name for name in app.tasks if not name.startswith("celery.")}
    scheduled: Iterable[dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE.values()
    return sorted(registered | {job["task"] for job in scheduled})


def runs_own_jobs(schedule: Any) -> bool:
    """Tell whether one of the product's own jobs runs by this schedule."""
    return bool(schedule.pk and schedule.periodictask_set.filter(name__in=own_names()).exists())
