"""The scheduler as a thread of the jobs' process: one at a time, however many servers there are."""

import logging
import threading
import time
from typing import Any, Final

from celery.beat import Service
from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

#: An advisory lock of the database the schedule is in; the number only has to be nobody else's.
LOCK: Final = 0x1ED6E25AFE
_AGAIN_SECONDS: Final = 5.0


class Scheduling(threading.Thread):
    """Sends what is due, while it holds the lock. Servers that do not get it stand by.

    Should the lock's connection break, two may send for a while: every job is safe to run twice.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(name="scheduling", daemon=True)
        self._app = app

    def run(self) -> None:
        while True:
            try:
                self._schedule()
            except Exception:  # no database yet, or none any more: what runs is the worker's business
                logger.warning("The scheduler starts again in %.0f s", _AGAIN_SECONDS, exc_info=True)
            time.sleep(_AGAIN_SECONDS)

    def _schedule(self) -> None:
        # A connection of its own, since the scheduler opens and closes the thread's one as it likes.
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
    """Note, for jobs that never ran, that their first interval begins now; told by each scheduler that starts.

    Otherwise it would begin anew with every start, and where servers are restarted daily no daily job would ever run.
    """
    from django_celery_beat.models import PeriodicTask

    never_ran = PeriodicTask.objects.filter(last_run_at=None, start_time=None, enabled=True)
    never_ran.update(last_run_at=timezone.now())
