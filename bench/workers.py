"""Processes that work as a Celery worker does: started once, warm from then on, told what to do line by line."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any

from bench import ROOT
from bench.load import UnexpectedAnswer
from bench.servers import environment_of


class Worker:
    """An of our modules as a process of its own, with the application's rights; it ends with its input."""

    def __init__(self, module: str, database: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._database = database

    def __enter__(self) -> "Worker":
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment_of(self._database) | {"DATABASE_AS": "app"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, word: str) -> dict[str, Any]:
        """Have it do one thing. :raises UnexpectedAnswer: it ended instead; what it said stands above."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise UnexpectedAnswer(f"The worker ended at {word!r}.")
        told: dict[str, Any] = json.loads(line)
        return told
