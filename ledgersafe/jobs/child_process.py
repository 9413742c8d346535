"""Starting the jobs beside a web server, where nobody runs workers of their own."""

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
    """Whether there is a queue that other processes can reach."""
    return not str(settings.CELERY_BROKER_URL).startswith("memory:")


def start(environment: Mapping[str, str], output: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    """Start the jobs as a child that ends when this process does, however it ends. Does not wait for it."""
    command = [sys.executable, "-m", "ledgersafe.jobs", "--parent", str(getpid())]
    return subprocess.Popen(  # noqa: S603  our own command
        command,
        cwd=settings.BASE_DIR,
        env={**environment, "DATABASE_AS": "app"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # Ctrl-C is for the server: the jobs notice its end and finish what they are doing.
        start_new_session=True,
    )


def supervise(environment: Mapping[str, str], output: IO[bytes] | None = None) -> "Supervision":
    """Start the jobs, and start them again whenever they end, for as long as this process lives."""
    from ledgersafe.jobs.supervisor import Supervision  # only here: it brings metrics of its own

    supervision = Supervision(lambda: start(environment, output))
    supervision.start()
    return supervision


@contextmanager
def running(environment: Mapping[str, str], output: IO[bytes] | None = None) -> Iterator[None]:
    """The jobs for as long as the block lasts."""
    supervision = supervise(environment, output)
    try:
        yield
    finally:
        supervision.end()
