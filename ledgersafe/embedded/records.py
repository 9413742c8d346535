"""Small JSON files beside a server: its state for clients, its passwords for the supervisor."""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ledgersafe.embedded.folders import ServerFolder


@dataclass(frozen=True)
class State:
    """A running server: `environment` is copied into os.environ; the rest is for people."""

    environment: dict[str, str]
    supervisor_pid: int
    server_pid: int
    port: int
    data: str
    log: str


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def publish(folder: ServerFolder, state: State) -> None:
    """Tell clients that the server answers."""
    write_private(folder.state, json.dumps(asdict(state), indent=2) + "\n")


def read_state(folder: ServerFolder) -> State | None:
    """Return the last published state; valid only while the supervisor's lock is held."""
    try:
        return State(**json.loads(folder.state.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def sign(supervisor_lock: int) -> None:
    """Write this process' id into the lock it holds, so that it can be stopped before its server answers."""
    os.ftruncate(supervisor_lock, 0)
    os.pwrite(supervisor_lock, f"{os.getpid()}\n".encode(), 0)


def supervisor_of(folder: ServerFolder) -> int | None:
    """Return the process id in the supervisor's lock; valid only while that lock is held."""
    text = folder.supervisor_lock.read_text(encoding="ascii").strip()
    return int(text) if text.isdecimal() else None


def passwords_for(folder: ServerFolder, names: Iterable[str]) -> dict[str, str]:
    """Return a random password per name; drawn once and kept, since the server keeps them too."""
    known: dict[str, str] = {}
    if folder.passwords.exists():
        known = json.loads(folder.passwords.read_text(encoding="utf-8"))
    missing = {name: secrets.token_urlsafe(24) for name in names if name not in known}
    if missing:
        known |= missing
        write_private(folder.passwords, json.dumps(known, indent=2) + "\n")
    return known
