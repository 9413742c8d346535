"""Start the private Valkey (speaks Redis)."""

import json
import os
import re
import socket
import sys

from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.records import passwords_for, write_private
from ledgersafe.embedded.servers.binaries import find_valkey
from ledgersafe.embedded.servers.launcher import RunningServer, await_predecessor, await_ready, choose_port
from ledgersafe.embedded.servers.process import ServerProcess
from ledgersafe.embedded.servers.server_user import myself

USER = "default"


def launch(folder: ServerFolder, port: int | None = None) -> RunningServer:
    """Start Valkey on `port` (or one it chooses) and wait until it answers.

    :raises EmbeddedServerError: no program or no answer; with the end of its log.
    """
    password = passwords_for(folder, [USER])[USER]
    binary = find_valkey()
    lock = await_predecessor(folder, lambda: stop_leftover(folder, password))
    try:
        port = port or choose_port(folder)
        (folder.path / "files").mkdir(exist_ok=True)
        # In a file, because everybody can read the command line of a process.
        configuration = folder.path / "valkey.conf"
        write_private(configuration, _configuration(folder, port, password))
        command = [str(binary), str(configuration)]
        process = ServerProcess.start(command, account=myself(), log=folder.server_log, lock=lock)
    finally:
        os.close(lock)
    await_ready(process, folder, lambda: answers(port, password))
    url = f"redis://{USER}:{password}@127.0.0.1:{port}/0"
    return RunningServer(process, port, folder.path / "files", {"REDIS_URL": url})


def answers(port: int, password: str) -> bool:
    """Tell whether the server accepts the password and has loaded its data."""
    try:
        return ask(port, password, "PING") == b"+PONG"
    except OSError:
        return False


def ask(port: int, password: str, command: str) -> bytes:
    """Return the first line of the server's answer, or that of a refused password."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(f"AUTH {password}\r\n{command}\r\n".encode())
        lines = connection.makefile("rb")
        greeting = lines.readline().strip()
        return lines.readline().strip() if greeting == b"+OK" else greeting


def stop_leftover(folder: ServerFolder, password: str) -> None:
    """Stop a server that outlived its supervisor and its watcher: only ours knows the password."""
    try:
        configuration = (folder.path / "valkey.conf").read_text(encoding="utf-8")
        match = re.search(r"^port (\d+)$", configuration, re.MULTILINE)
        if match:
            ask(int(match.group(1)), password, "SHUTDOWN")
    except OSError as error:
        sys.stderr.write(f"Could not stop the server that is left: {error}\n")


def _configuration(folder: ServerFolder, port: int, password: str) -> str:
    return "\n".join(
        [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {json.dumps(str(folder.path / 'files'), ensure_ascii=False)}",
            f"requirepass {password}",
            f"appendonly {'yes' if folder.purpose == 'data' else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory 256mb",
            # The broker's messages must never be evicted: a full server refuses instead.
            "maxmemory-policy noeviction",
            "daemonize no",
            "",
        ]
    )
