"""gunicorn's settings, for `manage.py serve` and the container alike. See `WEB_*` in `.env.example`."""

import gc
import os
import signal
import threading
from typing import Any

from prometheus_client import multiprocess

wsgi_app = "ledgersafe.wsgi:application"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "3"))
threads = int(os.environ.get("WEB_THREADS", "3"))
# Devices keep their connection; a balancer in front closes idle ones before we do.
keepalive = 75
timeout = 60
graceful_timeout = 20
# Requests are counted in metrics, not in lines.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")


def post_worker_init(worker: Any) -> None:
    """What is loaded by now stays: the garbage collector need not look at it again with every batch."""
    gc.collect()
    gc.freeze()
    # A batch makes some fifty thousand objects and no cycles.
    gc.set_threshold(100_000, 20, 20)


def child_exit(server: Any, worker: Any) -> None:
    """A worker that ended takes its gauges with it."""
    multiprocess.mark_process_dead(worker.pid)


def when_ready(server: Any) -> None:
    """Say where the server listens; for `manage.py demo`, end when the other end of its pipe does."""
    print(os.environ.get("WEB_GREETING", f"Serving on {bind}"), flush=True)  # noqa: T201  for who started it
    pipe = os.environ.get("WEB_PARENT_PIPE")
    if pipe:
        threading.Thread(target=_end_with_parent, args=(int(pipe),), daemon=True).start()


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
