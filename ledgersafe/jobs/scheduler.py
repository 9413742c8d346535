"""Run the scheduler as a thread of the jobs' process: one at a time, whatever the number of servers."""

import logging
import threading
import time
from typing import Any, Final

from celery.beat import Service
from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

#: Advisory lock in the schedule's database; an arbitrary number that nothing else uses.
LOCK: Final = 0x1ED6E25AFE
_AGAIN_SECONDS: Final = 5.0


class Scheduling(threading.Thread):
    """Sends due jobs while it holds the lock. Other servers' threads stand by.

    Should the lock's connection break, two may send for a while: every job is safe to run twice.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(name="scheduling", daemon=True)
        self._app = app

    def run(self) -> None:
        while True:
            try:
                self._schedule()
            except Exception:  # no database, yet or any more; running jobs are not affected
                logger.warning("The scheduler starts again in %.0f s", _AGAIN_SECONDS, exc_info=True)
            time.sleep(_AGAIN_SECONDS)

    def _schedule(self) -> None:
        # A connection of its own for the lock: the scheduler closes the thread's at any time, which would release it.
        own = connection.copy()
        try:
            with own.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                (is_mine,) = cursor.fetchone()
            if is_mine:
                self._app.set_current()
                Service(self._app, scheduler_cls=self._app.conf.beat_scheduler).start()
        finally:
            own.close()


def begin_countdowns(**_: Any) -> None:
    """Start the first interval of jobs that never ran; called by each scheduler at its start.

    Otherwise it would start over with every restart, and a daily job would never run where servers restart daily.
    """
    from django_celery_beat.models import PeriodicTask

    never_ran = PeriodicTask.objects.filter(last_run_at=None, start_time=None, enabled=True)
    never_ran.update(last_run_at=timezone.now())
