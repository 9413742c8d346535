"""Check the health of the system for the dashboard: database, cache, queue, jobs, books, audit trail.

No check waits long: a cache or queue that does not answer in a quarter of a second is shown as failed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import redis
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

from ledgersafe.audit.models import AuditBlock
from ledgersafe.jobs.state import is_late
from ledgersafe.operations.verification import last_check

_PATIENCE_SECONDS: Final = 0.25
_QUEUE: Final = "celery"


@dataclass(frozen=True, slots=True)
class Vital:
    """A check. `tone` is ok, warn, bad, or empty for neutral."""

    name: str
    state: str
    tone: str
    note: str = ""


def vitals(tenant_id: int | None, *, now: datetime) -> list[Vital]:
    """Run every check; three statements. :param tenant_id: whose audit trail; None: the newest of all."""
    return [_database(), _cache(), _queue(), _jobs(now), _books(now), _sealing(tenant_id, now)]


def ago(instant: datetime, now: datetime) -> str:
    """An age in one unit: `3 d`, `5 h`, `12 min` or `40 s`."""
    seconds = max(0, int((now - instant).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _timed(work: Callable[[], Any]) -> tuple[Any, str]:
    start = time.perf_counter()
    result = work()
    return result, f"{(time.perf_counter() - start) * 1000:.1f} ms"


def _database() -> Vital:
    def ask() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()

    _, took = _timed(ask)
    return Vital("Database", "OK", "ok", f"· {took}")


def _cache() -> Vital:
    if not settings.REDIS_URL:
        return Vital("Cache", "per process", "", "Set REDIS_URL to share it.")
    try:
        _, took = _timed(_client(settings.REDIS_URL).ping)
    except (redis.RedisError, OSError):
        return Vital("Cache", "no answer", "bad", "Ledger-Safe keeps working, but slower.")
    return Vital("Cache", "OK", "ok", f"· {took}")


def _queue() -> Vital:
    url = str(settings.CELERY_BROKER_URL)
    if not url.startswith(("redis:", "rediss:", "valkey:", "unix:")):
        return Vital("Jobs waiting", "not known", "", "No queue is configured, or one that is not asked here.")
    try:
        number: Any = _client(url).llen(_QUEUE)
    except (redis.RedisError, OSError):
        return Vital("Jobs waiting", "no answer from the queue", "bad", "Scheduled jobs do not run.")
    return Vital("Jobs waiting", f"{number:,}", "warn" if number > 100 else "ok", "in the queue")


def _jobs(now: datetime) -> Vital:
    """Check that scheduled jobs are started: without a scheduler the queue is empty, which alone looks healthy."""
    # Without Celery's own tasks, as on the Jobs page.
    tasks = PeriodicTask.objects.filter(enabled=True).exclude(task__startswith="celery.")
    scheduled = list(tasks.select_related("interval", "crontab"))
    last = max((job.last_run_at for job in scheduled if job.last_run_at), default=None)
    if last is None:
        return Vital("Scheduled jobs", "not started yet", "warn", "Start the scheduler.")
    late = sum(is_late(job, now) for job in scheduled)
    if late:
        return Vital("Scheduled jobs", f"{late} late", "bad", f"The last one started {ago(last, now)} ago.")
    return Vital("Scheduled jobs", "on time", "ok", f"{ago(last, now)} ago")


_clients: dict[str, redis.Redis] = {}


def _client(url: str) -> redis.Redis:
    if url not in _clients:
        timeouts = {"socket_timeout": _PATIENCE_SECONDS, "socket_connect_timeout": _PATIENCE_SECONDS}
        _clients[url] = redis.Redis.from_url(url, **timeouts)
    return _clients[url]


def _books(now: datetime) -> Vital:
    last = last_check()
    if last is None:
        return Vital("Books checked", "not run yet", "warn", "Run manage.py verify_books.")
    if last.broken:
        return Vital("Books checked", f"{', '.join(last.broken[:3])} broken", "bad", f"{ago(last.at, now)} ago")
    return Vital("Books checked", f"all {last.checked} invariants hold", "ok", f"{ago(last.at, now)} ago")


def _sealing(tenant_id: int | None, now: datetime) -> Vital:
    blocks = AuditBlock.objects.order_by("-id") if tenant_id is None else _blocks_of(tenant_id)
    block = blocks.first()
    if block is None:
        return Vital("Audit trail sealed", "not yet", "warn", "A job seals it every minute.")
    return Vital("Audit trail sealed", f"block {block.number}", "ok", f"{ago(block.sealed_at, now)} ago")


def _blocks_of(tenant_id: int) -> Any:
    return AuditBlock.objects.filter(tenant_id=tenant_id).order_by("-number")
