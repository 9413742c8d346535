"""The job queue as it runs in production: a worker and a scheduler as processes of their own, on the test's servers."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

from ledgersafe.celery import app
from ledgersafe.tasks import verify_all_books

ROOT = Path(__file__).resolve().parents[2]
TASK = "ledgersafe.tasks.verify_all_books"
#: One process that starts at once and talks to no other worker of the same broker.
ALONE = ("--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat")
pytestmark = [
    pytest.mark.xdist_group("flows"),
    pytest.mark.skipif(not settings.REDIS_URL, reason="REDIS_URL is not set, and no Valkey could be started"),
]


@pytest.fixture
def environment(books: None) -> dict[str, str]:
    """A process of its own on this run's database, as the application role: what a worker has in production."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = str(connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{database}")),
        "DATABASE_AS": "app",
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "LOG_FORMAT": "text",
        "PYTHONUNBUFFERED": "1",
    }


class Log:
    """What a process has written so far."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._path = path
        self._process = process

    def text(self) -> str:
        return self._path.read_text(errors="replace")

    def says(self, *words: str, seconds: float = 30) -> bool:
        """Wait until all words stand in one line, the process ends or the time is over."""
        return eventually(lambda: self._has(words) or self._process.poll() is not None, seconds) and self._has(words)

    def _has(self, words: tuple[str, ...]) -> bool:
        return any(all(word in line for word in words) for line in self.text().splitlines())


def eventually(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def celery(folder: Path, environment: dict[str, str], *arguments: str) -> Iterator[Log]:
    """A Celery process and its log; asked to end afterwards as an operator asks it, and made to if it does not."""
    path = folder / f"{arguments[0]}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ledgersafe", *arguments, "--loglevel", "info"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Log(path, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue that nobody else listens to."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    with app.connection_for_write() as broker:
        broker.default_channel.queue_delete(name)


def test_a_worker_verifies_the_books_when_it_is_told_to(
    environment: dict[str, str], tmp_path: Path, queue: str
) -> None:
    # Sent before anybody listens: a message waits for its worker.
    sent = app.send_task(TASK, queue=queue)
    with celery(tmp_path, environment, "worker", "--queues", queue, "--hostname", f"{queue}@%h", *ALONE) as worker:
        assert worker.says(TASK, str(sent.id), "received"), worker.text()
        assert worker.says(TASK, str(sent.id), "succeeded"), worker.text()
        again = verify_all_books.apply_async(queue=queue)
        assert worker.says(TASK, str(again.id), "succeeded"), worker.text()
    assert "Traceback" not in worker.text()


def test_a_worker_has_read_the_books_it_was_pointed_at(environment: dict[str, str], tmp_path: Path, queue: str) -> None:
    # With no database to be found the same message must not succeed: else the test above would prove nothing.
    url = urlsplit(environment["DATABASE_URL"])
    elsewhere = environment | {"DATABASE_URL": urlunsplit(url._replace(path="/no_such_database"))}
    sent = app.send_task(TASK, queue=queue)
    with celery(tmp_path, elsewhere, "worker", "--queues", queue, "--hostname", f"{queue}@%h", *ALONE) as worker:
        assert worker.says(TASK, str(sent.id), "raised"), worker.text()
    assert "succeeded" not in worker.text()


def test_a_started_worker_knows_every_scheduled_task(environment: dict[str, str], tmp_path: Path, queue: str) -> None:
    name = f"{queue}@knows"
    with celery(tmp_path, environment, "worker", "--queues", queue, "--hostname", name, *ALONE) as worker:
        assert worker.says(name, "ready"), worker.text()
        told = app.control.inspect(destination=[name], timeout=10).registered()
    assert told is not None, worker.text()
    assert scheduled_tasks() - set(told[name]) == set()


def test_a_web_process_knows_every_scheduled_task(environment: dict[str, str]) -> None:
    """Nothing is asked of it but what a server does: load the application."""
    code = "import ledgersafe.wsgi, ledgersafe.celery as c; print(*c.app.tasks)"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert scheduled_tasks() - set(told.stdout.split()) == set()


def scheduled_tasks() -> set[str]:
    return {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_beat_keeps_its_schedule_in_the_database_and_verifies_hourly(
    environment: dict[str, str], tmp_path: Path
) -> None:
    entry = PeriodicTask.objects.filter(name="verify-books-hourly")
    entry.delete()
    with celery(tmp_path, environment, "beat", "--pidfile", "") as beat:
        assert beat.says("DatabaseScheduler"), beat.text()
        # All of them: beat is stopped below, and must not be stopped between two.
        planned = PeriodicTask.objects.filter(name__in=settings.CELERY_BEAT_SCHEDULE)
        assert eventually(lambda: planned.count() == len(settings.CELERY_BEAT_SCHEDULE), 30), beat.text()
        registered = entry.select_related("interval").get()
        assert registered.task == TASK
        assert registered.enabled
        assert registered.interval is not None
        assert (registered.interval.every, registered.interval.period) == (3600, "seconds")
    assert "Traceback" not in beat.text(), beat.text()
    assert TASK in app.tasks
