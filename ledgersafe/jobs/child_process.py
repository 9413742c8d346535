"""Start the jobs' process beside a web server, where no workers run of their own."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import getpid
from typing import IO, TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from ledgersafe.jobs.supervisor import Supervision

NO_BROKER = "Scheduled jobs do not run: there is no queue (set REDIS_URL or CELERY_BROKER_URL)."


def has_broker() -> bool:
    """Tell whether there is a queue that other processes can reach."""
    return not str(settings.CELERY_BROKER_URL).startswith("memory:")


def start(environment: Mapping[str, str], output: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    """Start the jobs' process; it ends with this one, however that ends. Returns at once."""
    command = [sys.executable, "-m", "ledgersafe.jobs", "--parent", str(getpid())]
    return subprocess.Popen(  # noqa: S603  our own command
        command,
        cwd=settings.BASE_DIR,
        env={**environment, "DATABASE_AS": "app"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # A session of its own: Ctrl-C reaches the server only, and running jobs finish after its end.
        start_new_session=True,
    )


def supervise(environment: Mapping[str, str], output: IO[bytes] | None = None) -> "Supervision":
    """Keep the jobs' process running for as long as this process lives."""
    from ledgersafe.jobs.supervisor import Supervision  # only here: importing it registers metrics

    supervision = Supervision(lambda: start(environment, output))
    supervision.start()
    return supervision


@contextmanager
def running(environment: Mapping[str, str], output: IO[bytes] | None = None) -> Iterator[None]:
    """Keep the jobs' process running for the length of the block."""
    supervision = supervise(environment, output)
    try:
        yield
    finally:
        supervision.end()
