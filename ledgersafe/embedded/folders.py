"""Paths of embedded servers.

.data/                    or $LEDGERSAFE_DATA_DIR; ignored by git
  postgres/               cluster/, and beside it passwords, state, locks and logs
  valkey/                 files/, and the same beside it
  test/postgres/ …        the servers of the test suite
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ServerName = Literal["postgres", "valkey"]
Purpose = Literal["data", "test"]

CHECKOUT = Path(__file__).resolve().parents[2]


def data_root() -> Path:
    """Return the folder of all embedded servers of this checkout."""
    configured = os.environ.get("LEDGERSAFE_DATA_DIR")
    return Path(configured).expanduser().resolve() if configured else CHECKOUT / ".data"


@dataclass(frozen=True)
class ServerFolder:
    """Paths of one server. The three locks are explained where they are taken."""

    server: ServerName
    purpose: Purpose
    path: Path

    @classmethod
    def for_server(cls, server: ServerName, purpose: Purpose) -> "ServerFolder":
        """Return the folder of a server for a purpose."""
        root = data_root()
        return cls(server, purpose, (root / "test" if purpose == "test" else root) / server)

    @property
    def clients_lock(self) -> Path:
        """Shared by every client for its whole life: the supervisor ends when nobody holds it."""
        return self.path / "clients.lock"

    @property
    def start_lock(self) -> Path:
        """Held by a client that looks for a supervisor or starts one, so that two never start two."""
        return self.path / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor for its whole life; the kernel frees it however the supervisor ends."""
        return self.path / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by every process of the server: free means that no process of it is left."""
        return self.path / "server.lock"

    @property
    def state(self) -> Path:
        """The file that exists while the server answers."""
        return self.path / "state.json"

    @property
    def passwords(self) -> Path:
        return self.path / "passwords.json"

    @property
    def supervisor_log(self) -> Path:
        return self.path / "supervisor.log"

    @property
    def server_log(self) -> Path:
        return self.path / f"{self.server}.log"
