"""What is alive, and when each job ran and will run."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from celery.beat import NODENAME_DEFAULT
from django.utils import timezone
from kombu.exceptions import OperationalError

from ledgersafe.celery import app
from ledgersafe.jobs.child_process import NO_BROKER, has_broker

#: A page waits this long for those who answer; a busy machine needs more than the network does.
PATIENCE_SECONDS: Final = 1.0
#: A start is late after this: the scheduler looks every five seconds.
LATE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Alive:
    """Who answered, and how much waits. `trouble` says why nobody could be asked."""

    workers: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()
    waiting: int | None = None
    trouble: str = ""
    asked_at: datetime = field(default_factory=timezone.now)


def ask() -> Alive:
    """Ask workers and scheduler for a sign of life; about as long as `PATIENCE_SECONDS`."""
    if not has_broker():
        return Alive(trouble=NO_BROKER)
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE_SECONDS)
            replies: list[dict[str, Any]] = app.control.ping(timeout=PATIENCE_SECONDS, connection=broker)
            waiting = _waiting(broker)
    except (OperationalError, OSError) as error:
        return Alive(trouble=f"The queue cannot be reached: {error}")
    names = sorted(name for reply in replies or [] for name in reply)
    schedulers = tuple(name for name in names if name.startswith(f"{NODENAME_DEFAULT}@"))
    return Alive(tuple(name for name in names if name not in schedulers), schedulers, waiting)


def next_run(job: Any) -> datetime | None:
    """When a job is due next; in the past when it is late; None when it is switched off or has no schedule."""
    if not job.enabled or not (job.interval_id or job.crontab_id):
        return None
    # What remains from this moment: the schedule looks at the clock itself.
    now = timezone.now()
    remaining: timedelta = job.schedule.remaining_estimate(job.last_run_at or job.date_changed or now)
    return now + remaining


def is_late(job: Any, now: datetime) -> bool:
    """Whether it should have started some time ago."""
    due = next_run(job)
    return due is not None and now - due > LATE


def _waiting(broker: Any) -> int | None:
    """Messages nobody has taken yet; None when the queue does not exist so far."""
    try:
        found = broker.default_channel.queue_declare(queue=app.conf.task_default_queue, passive=True)
    except Exception:  # what it is depends on the transport: there is no queue before its first message
        return None
    return int(found.message_count)
