"""gunicorn's settings, for `manage.py serve` and the container alike. See `WEB_*` in `.env.example`."""

import gc
import os
import signal
import threading
from typing import Any

from prometheus_client import multiprocess

wsgi_app = "ledgersafe.wsgi:application"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
# Receives requests whole before a thread sees them: slow clients hold none.
worker_class = "ledgersafe.webserver.worker.BufferingWorker"
sendfile = False
workers = int(os.environ.get("WEB_WORKERS", "3"))
threads = int(os.environ.get("WEB_THREADS", "3"))
worker_connections = int(os.environ.get("WEB_CONNECTIONS", "1000"))
# The application is loaded and warm before the workers are forked: one that was killed is back in a moment.
preload_app = True
# Devices keep their connection; a balancer in front closes idle ones before we do.
keepalive = 75
timeout = 60
graceful_timeout = 20
# Account codes may be long, and longer still when they are percent-encoded.
limit_request_line = 8190
# It would be a thread of its own in the process that forks, and one socket for all servers of a user.
control_socket_disable = True
# Requests are counted in metrics, not in lines.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")


def when_ready(server: Any) -> None:
    """Before the first worker: what is loaded stays, in memory that all workers share. Say where it listens."""
    print(os.environ.get("WEB_GREETING", f"Serving on {bind}"), flush=True)  # noqa: T201  for who started it
    gc.collect()
    # The collector need not look at it again, and does not touch pages that are shared.
    gc.freeze()
    pipe = os.environ.get("WEB_PARENT_PIPE")
    if pipe:
        # Started by `manage.py demo`: end when the other end of its pipe does, however the demo ended.
        threading.Thread(target=_end_with_parent, args=(int(pipe),), daemon=True).start()
    if os.environ.get("WEB_SUPERVISES_JOBS") == "true":
        from ledgersafe.jobs import child_process

        child_process.supervise(os.environ)


def post_worker_init(worker: Any) -> None:
    """A batch makes some fifty thousand objects and no cycles."""
    gc.set_threshold(100_000, 20, 20)


def child_exit(server: Any, worker: Any) -> None:
    """A worker that ended takes its gauges with it."""
    multiprocess.mark_process_dead(worker.pid)


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
