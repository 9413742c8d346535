"""The Celery application: `celery -A ledgersafe worker` and `celery -A ledgersafe beat`."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
app = Celery("ledgersafe")
app.config_from_object("django.conf:settings", namespace="CELERY")
#: Finds every installed app's `tasks` when a worker or scheduler starts; there is no list to forget one in.
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]  # celery is untyped
def spare_the_collector(**_: Any) -> None:
    """Freeze loaded objects, so that garbage collection skips them in every chunk of a replay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
