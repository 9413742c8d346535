"""A server that does not start, or ends again and again, is started again: later each time, and never not at all."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from ledgersafe.embedded import locks, records, supervisor
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.servers.launcher import RunningServer
from ledgersafe.embedded.servers.process import ServerProcess
from ledgersafe.embedded.supervisor import GRACE_SECONDS, Supervisor

FAILURES = (EmbeddedServerError("no space left"), OSError(28, "No space left"), psycopg.OperationalError("recovering"))


@dataclass
class Clock:
    """Time that passes only while somebody sleeps; `at` is done when its second comes."""

    now: float = 1_000.0
    at: dict[float, Callable[[], None]] = field(default_factory=dict)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for due in [second for second in self.at if second <= self.now - 1_000.0]:
            self.at.pop(due)()
        assert self.now < 20_000, "it never ends"


class Server:
    """A server that starts unless told not to, and ends when told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.attempts: list[float] = []
        self.failures: list[Exception] = []
        self.lives: list[float] = []
        self.stopped = 0

    def launch(self, folder: ServerFolder, port: int | None = None) -> RunningServer:
        self.attempts.append(round(self.clock.now - 1_000))
        if self.failures:
            raise self.failures.pop(0)
        life = self.lives.pop(0) if self.lives else 1e9
        ends = self.clock.now + life

        def stop() -> None:
            self.stopped += 1

        process = SimpleNamespace(
            pid=4711, child=SimpleNamespace(returncode=-9), has_ended=lambda: self.clock.now >= ends, stop=stop
        )
        return RunningServer(cast("ServerProcess", process), port or 5, folder.path, {"DATABASE_URL": "postgresql://x"})


@dataclass
class Ground:
    folder: ServerFolder
    clock: Clock
    server: Server
    lock: int
    client: int

    def leave(self) -> None:
        """The last client goes."""
        os.close(self.client)

    def run(self) -> None:
        Supervisor(self.folder, self.lock, clock=self.clock, sleep=self.clock.sleep).run()

    @property
    def pauses(self) -> list[float]:
        """Seconds between one attempt to start it and the next."""
        attempts = self.server.attempts
        return [after - before for before, after in pairwise(attempts)]


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    folder = ServerFolder("postgres", "data", tmp_path)
    clock = Clock()
    server = Server(clock)
    monkeypatch.setattr(supervisor, "LAUNCHERS", {"postgres": server.launch})
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    lock, client = locks.claim(folder.supervisor_lock), locks.open_lock(folder.clients_lock)
    assert lock is not None
    locks.hold_shared(client)
    yield Ground(folder, clock, server, lock, client)
    os.close(lock)


def test_it_starts_it_again_at_once_after_a_long_life_and_later_and_later_after_short_ones(ground: Ground) -> None:
    ground.server.lives = [50, 3, 3, 3, 3, 3, 3, 3, 3, 300, 3]
    ground.clock.at[700] = ground.leave
    ground.run()
    # A long life, and after each short one a pause: 1, 2, 4 … 60 s; the next long life begins it anew.
    assert ground.pauses == pytest.approx([50, 4, 5, 7, 11, 19, 35, 63, 63, 300, 4], abs=1.5)
    assert ground.server.stopped == len(ground.server.attempts)


@pytest.mark.parametrize("failure", FAILURES)
def test_it_goes_on_trying_until_it_starts(ground: Ground, failure: Exception) -> None:
    ground.server.lives = [20]
    starts = ground.server.launch
    calls = iter(range(100))

    def launch(folder: ServerFolder, port: int | None = None) -> RunningServer:
        if next(calls) == 1:
            ground.server.failures = [failure] * 9
        return starts(folder, port)

    supervisor.LAUNCHERS["postgres"] = launch
    published: list[Any] = []
    ground.clock.at[350] = lambda: published.append(records.read_state(ground.folder))
    ground.clock.at[400] = ground.leave
    ground.run()
    assert ground.pauses == pytest.approx([20, 1, 2, 4, 8, 16, 32, 60, 60, 60], abs=1.5)
    assert published[0].port == 5


def test_it_ends_with_its_last_client_while_it_waits(ground: Ground) -> None:
    ground.server.lives = [1] * 20
    ground.clock.at[100] = ground.leave
    ground.run()
    assert ground.clock.now - 1_000 < 100 + GRACE_SECONDS + 1
    assert records.read_state(ground.folder) is None


def test_it_ends_when_told_to_while_it_waits(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `python -m ledgersafe.embedded stop` does, which finds it although no server has said where it is."""
    ground.server.lives = [1] * 20
    subject = Supervisor(ground.folder, ground.lock, clock=ground.clock, sleep=ground.clock.sleep)

    def stop() -> None:
        assert records.read_state(ground.folder) is None
        assert records.supervisor_of(ground.folder) == os.getpid()
        subject._request_stop(15, None)

    ground.clock.at[100] = stop
    subject.run()
    assert ground.clock.now - 1_000 < 101
    ground.leave()


def test_the_first_start_fails_at_once_and_the_client_is_told(ground: Ground) -> None:
    ground.server.failures = [EmbeddedServerError("no space left")]
    with pytest.raises(EmbeddedServerError, match="no space left"):
        ground.run()
    assert len(ground.server.attempts) == 1
    ground.leave()


def test_a_server_that_nobody_could_find_is_ended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers, and then there is no room to write down where."""
    ground.server.lives = [20]
    publish, calls = records.publish, iter(range(10))

    def full(*args: Any) -> None:
        if next(calls) == 1:
            raise OSError(28, "No space left")
        publish(*args)

    monkeypatch.setattr(records, "publish", full)
    ground.clock.at[100] = ground.leave
    ground.run()
    assert ground.pauses == pytest.approx([20, 1], abs=1)
    assert ground.server.stopped == 3
