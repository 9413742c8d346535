"""Which jobs are the product's own, and what any job can do.

The product's own jobs are those of the settings. The scheduler writes them down with every start as the settings have
them, whatever became of them meanwhile: they can be switched off and on and be run, and nothing else.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from ledgersafe.celery import app


def own_names() -> frozenset[str]:
    """Names of the product's own jobs."""
    return frozenset(settings.CELERY_BEAT_SCHEDULE)


def is_own(job: Any) -> bool:
    """Whether a job is the product's own. One that is only being typed is nobody's yet."""
    return job is not None and job.pk is not None and job.name in own_names()


def known_tasks() -> list[str]:
    """What a job can do: the tasks of this product, whichever process asks."""
    app.loader.import_default_modules()
    registered = {name for name in app.tasks if not name.startswith("celery.")}
    scheduled: Iterable[dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE.values()
    return sorted(registered | {job["task"] for job in scheduled})


def runs_own_jobs(schedule: Any) -> bool:
    """Whether changing or deleting a schedule would change the product's own jobs."""
    return bool(schedule.pk and schedule.periodictask_set.filter(name__in=own_names()).exists())
