"""Run one server process that dies with its supervisor, even one killed with -9."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledgersafe.embedded.servers.server_user import Account

# A shell that becomes the server (exec keeps the process id $$) after leaving a watcher behind. The watcher
# reads a pipe whose other end only the supervisor holds: a word means an orderly end, end-of-file means that
# the supervisor is gone. Chosen over PR_SET_PDEATHSIG because it also works on macOS and has no gap between
# the start of the server and the start of the watch.
LIFELINE = """
exec 3<&0 </dev/null
{ read -r word <&3 || kill -INT $$; } &
exec 3<&-
exec "$@"
"""

# Both servers take SIGINT as "stop cleanly now"; the harder ones are for a server that hangs.
STOP_SIGNALS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, None))


@dataclass
class ServerProcess:
    """A server process, direct child of the supervisor."""

    child: subprocess.Popen[bytes]
    lifeline: int | None

    @classmethod
    def start(cls, command: Sequence[str], *, account: Account, log: Path, lock: int) -> "ServerProcess":
        """Start it in a session of its own (no Ctrl-C from a terminal), with its output appended to `log`.

        `lock` is inherited by the server and all its processes, so that it is held until the last is gone.
        """
        reading, writing = os.pipe()
        try:
            with log.open("ab") as output:
                child = subprocess.Popen(  # noqa: S603 - commands of this package only
                    ["/bin/sh", "-c", LIFELINE, "sh", *command],
                    cwd="/",
                    env={**os.environ, "LC_ALL": "C"},
                    stdin=reading,
                    stdout=output,
                    stderr=output,
                    pass_fds=(lock,),
                    start_new_session=True,
                    **account.popen_options(),
                )
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        return cls(child, writing)

    @property
    def pid(self) -> int:
        return self.child.pid

    def has_ended(self) -> bool:
        """Tell whether the process has ended."""
        return self.child.poll() is not None

    def stop(self) -> None:
        """Stop it and wait until it is gone; clean up after one that ended by itself. Safe to repeat."""
        for number, seconds in STOP_SIGNALS:
            if self.has_ended():
                break
            self.child.send_signal(number)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self._dismiss_watcher()

    def _dismiss_watcher(self) -> None:
        """End the watcher before the process id is free again: it must not signal the next owner of the id."""
        if self.lifeline is None:
            return
        # Without a reader the watcher itself was killed: nothing to tell.
        with suppress(BrokenPipeError):
            os.write(self.lifeline, b"ended\n")
        os.close(self.lifeline)
        self.lifeline = None
