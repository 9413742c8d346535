"""Start the private Postgres: create its cluster once, run it, prepare its roles."""

import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

import psycopg

from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.records import passwords_for
from ledgersafe.embedded.servers import roles
from ledgersafe.embedded.servers.binaries import find_postgres, has_library
from ledgersafe.embedded.servers.cluster import create_cluster
from ledgersafe.embedded.servers.homes import settle
from ledgersafe.embedded.servers.launcher import RunningServer, await_predecessor, await_ready, choose_port
from ledgersafe.embedded.servers.process import ServerProcess

ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
SETTINGS = {
    "data": {"max_connections": "100", "shared_buffers": "256MB"},
    # Test data need not survive a crash of the machine: no waiting for the disk.
    "test": {
        "max_connections": "200",
        "shared_buffers": "256MB",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
    },
}


#: Errors while Postgres starts, and how long that may take.
_RECOVERING: Final = re.compile("in recovery mode|starting up|not yet accepting")
_RECOVERS_WITHIN_SECONDS: Final = 8


def launch(folder: ServerFolder, port: int | None = None) -> RunningServer:
    """Start Postgres on `port` (or one it chooses) and wait until it answers.

    :raises EmbeddedServerError: no programs, no cluster, or no answer; with the end of its log.
    """
    try:
        return _launch(folder, port)
    except EmbeddedServerError as error:
        if folder.purpose == "data":
            raise
        # Run without fsync, it may be corrupt after a crash of the machine. Nothing in it is worth keeping.
        sys.stderr.write(f"Starting anew with an empty test server: {error}\n")
        shutil.rmtree(settle(folder, find_postgres()).cluster, ignore_errors=True)
        return _launch(folder, port)


def _launch(folder: ServerFolder, port: int | None) -> RunningServer:
    passwords = passwords_for(folder, roles.NAMES)
    home = settle(folder, find_postgres())
    lock = await_predecessor(folder, lambda: stop_leftover(home.cluster, passwords))
    try:
        if not home.cluster.exists():
            create_cluster(folder, home, passwords[roles.ADMIN])
        # No process of ours is left (that is what the lock says), so this is stale; its process id may
        # belong to somebody else by now, and Postgres would refuse to start.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
        port = port or choose_port(folder)
        command = [str(home.binaries / "postgres"), "-D", str(home.cluster), "-p", str(port)]
        process = ServerProcess.start(
            command + _settings(folder, home.binaries), account=home.account, log=folder.server_log, lock=lock
        )
    finally:
        os.close(lock)
    await_ready(process, folder, lambda: roles.answers(port, passwords[roles.ADMIN]))
    try:
        roles.prepare(port, passwords, statistics=has_library(home.binaries, roles.STATISTICS))
    except BaseException:
        process.stop()
        raise
    return RunningServer(process, port, home.cluster, roles.environment(port, passwords, folder.purpose))


def stop_leftover(cluster: Path, passwords: dict[str, str]) -> None:
    """Stop a server of this cluster that outlived its supervisor and its watcher.

    The process id in the cluster's file alone proves nothing. A server that accepts our password and reads the same id
    from its own folder is ours. One that is recovering accepts nobody yet, so it is asked again.
    """
    give_up = time.monotonic() + _RECOVERS_WITHIN_SECONDS
    while True:
        try:
            port = (cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()[3]
            with roles.connect(int(port), passwords[roles.ADMIN]) as connection:
                row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
            if row:
                os.kill(int(row[0].splitlines()[0]), signal.SIGINT)
            return
        except (OSError, IndexError, psycopg.Error) as error:
            if not _RECOVERING.search(str(error)) or time.monotonic() > give_up:
                sys.stderr.write(f"Could not stop the server that is left: {error}\n")
                return
            time.sleep(0.1)


def _settings(folder: ServerFolder, binaries: Path) -> list[str]:
    settings = ALWAYS | SETTINGS[folder.purpose]
    if has_library(binaries, roles.STATISTICS):
        settings["shared_preload_libraries"] = roles.STATISTICS
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
