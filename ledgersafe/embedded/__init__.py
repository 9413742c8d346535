"""Private Postgres and Valkey for a machine that has neither.

Read in this order: `client` (a process asks for a server) → `supervisor` (a detached process that keeps the server
running as long as a client lives) → `servers` (how Postgres and Valkey are started). Every server has its own folder
below `.data/` (`folders`, `records`); locks, not process ids, say who is alive (`locks`). `shutdown` shows and stops
the servers of this checkout; `python -m ledgersafe.embedded` is its command line.

Importing this package is cheap: a process whose environment names both servers loads none of the rest.
"""

import os
import sys
from collections.abc import Callable
from typing import Literal

from ledgersafe.embedded.errors import EmbeddedServerError

__all__ = ["EmbeddedServerError", "ensure_servers"]


def ensure_servers(*, purpose: Literal["data", "test"] = "data", say: Callable[[str], None] | None = None) -> None:
    """Start this checkout's servers if needed, and set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL.

    A variable that is already set means the operator brings that server: it is left alone. The servers live
    until the last process that called this function is gone, and for `purpose="test"` they are separate,
    fast, crash-unsafe ones whose URLs both log in as the superuser. Without Redis the product works, so a
    missing Valkey is one line on stderr.

    :param say: called with one line before each server is waited for.
    :raises EmbeddedServerError: no Postgres can be started; the message says what to do.
    """
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    if sys.platform == "win32":
        raise EmbeddedServerError("The embedded servers need Linux or macOS: set DATABASE_URL and REDIS_URL.")
    say = say or _be_quiet
    say("Starting the private servers …")
    from ledgersafe.embedded import client

    if "DATABASE_URL" not in os.environ:
        say(f"  Postgres{client.describe_start('postgres', purpose)}")
        os.environ.update(client.attach("postgres", purpose))
    if "REDIS_URL" not in os.environ:
        say(f"  Valkey{client.describe_start('valkey', purpose)}")
        try:
            os.environ.update(client.attach("valkey", purpose))
        except EmbeddedServerError as error:
            reason = str(error).splitlines()[0]
            sys.stderr.write(f"Going on without Redis (slower, nothing is lost): {reason}\n")


def _be_quiet(line: str) -> None:
    """Say nothing: a command's output is its answer."""
