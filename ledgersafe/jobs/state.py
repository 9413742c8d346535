"""Check workers and scheduler, and compute when each job is due."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from celery.beat import NODENAME_DEFAULT
from django.utils import timezone
from kombu.exceptions import OperationalError

from ledgersafe.celery import app
from ledgersafe.jobs.child_process import NO_BROKER, has_broker

#: Seconds to wait for answers; a busy machine needs more than the network does.
PATIENCE_SECONDS: Final = 1.0
#: A job is late this long after it was due; the scheduler checks every five seconds.
LATE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Alive:
    """Workers and schedulers that answered, and messages in the queue. `trouble`: why the check failed."""

    workers: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()
    queued: int | None = None
    trouble: str = ""
    asked_at: datetime = field(default_factory=timezone.now)


def ask() -> Alive:
    """Ping workers and schedulers; takes about `PATIENCE_SECONDS`."""
    if not has_broker():
        return Alive(trouble=NO_BROKER)
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE_SECONDS)
            replies: list[dict[str, Any]] = app.control.ping(timeout=PATIENCE_SECONDS, connection=broker)
            queued = _queued(broker)
    except (OperationalError, OSError) as error:
        return Alive(trouble=f"The queue cannot be reached: {error}")
    names = sorted(name for reply in replies or [] for name in reply)
    schedulers = tuple(name for name in names if name.startswith(f"{NODENAME_DEFAULT}@"))
    return Alive(tuple(name for name in names if name not in schedulers), schedulers, queued)


def next_run(job: Any) -> datetime | None:
    """When a job is due next; a past instant when it is late; None: switched off, or without schedule."""
    if not job.enabled or not (job.interval_id or job.crontab_id):
        return None
    # The schedule computes the remaining time from its own clock, so that `now` cannot be a parameter.
    now = timezone.now()
    remaining: timedelta = job.schedule.remaining_estimate(job.last_run_at or job.date_changed or now)
    return now + remaining


def is_late(job: Any, now: datetime) -> bool:
    """Tell whether a job is overdue by more than `LATE`."""
    due = next_run(job)
    return due is not None and now - due > LATE


def _queued(broker: Any) -> int | None:
    """Messages in the queue; None: the queue does not exist yet."""
    try:
        queue = broker.default_channel.queue_declare(queue=app.conf.task_default_queue, passive=True)
    except Exception:  # its type depends on the transport: there is no queue before its first message
        return None
    return int(queue.message_count)
