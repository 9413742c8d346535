"""python -m ledgersafe.jobs --parent PID: a Celery worker with its scheduler, for as long as the parent lives."""

import argparse
import logging
import os
import signal
import socket
import threading
import time
import warnings
from typing import Any

#: One job at a time, in a thread: the worker answers pings while it works.
CONCURRENCY = 1
POLL_SECONDS = 0.5
#: Seconds a running job may take to finish after the server's end. A job that is cut off is delivered again.
FINISH_SECONDS = 10.0


def main() -> None:
    """Run jobs until the parent process ends."""
    parser = argparse.ArgumentParser(prog="python -m ledgersafe.jobs", description=__doc__)
    parser.add_argument("--parent", type=int, required=True, help="process id of the server that started this")
    parent = parser.parse_args().parent
    # Lowest priority from the first second: pages come before jobs.
    os.nice(10)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _work()


def _end_with(parent: int) -> None:
    """End this process with its parent. A changed parent id is the one sign that holds even after kill -9."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(FINISH_SECONDS)
    os._exit(1)


def _work() -> None:
    from ledgersafe.celery import app  # after nice: loading Django and Celery is the most this process ever does
    from ledgersafe.jobs.scheduler import Scheduling

    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    # Our logging settings stay; Celery's own lines from warnings on.
    app.conf.update(worker_hijack_root_logger=False, worker_redirect_stdouts=False)
    for name in ("celery", "kombu", "django_celery_beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
    worker: Any = app.Worker(
        hostname=f"jobs-{os.getpid()}@{socket.gethostname()}",
        pool="threads",
        concurrency=CONCURRENCY,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    Scheduling(app).start()
    worker.start()
    raise SystemExit(worker.exitcode)


if __name__ == "__main__":
    main()
