"""Join the clients of a server, and start its supervisor if there is none."""

import os
import subprocess
import sys
import time

from ledgersafe.embedded import locks, records
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import CHECKOUT, Purpose, ServerFolder, ServerName, data_root

START_TIMEOUT_SECONDS = 120.0


def describe_start(server: ServerName, purpose: Purpose) -> str:
    """Say whether a server is set up for the first time, for a person who waits."""
    is_first = not ServerFolder.for_server(server, purpose).path.exists()
    return " (the first time: its data folder is created)" if is_first else ""


def attach(server: ServerName, purpose: Purpose) -> dict[str, str]:
    """Join a server's clients for the life of this process; return the environment variables.

    :raises EmbeddedServerError: the server did not start.
    """
    folder = ServerFolder.for_server(server, purpose)
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        clients = locks.open_lock(folder.clients_lock)
    except PermissionError as error:
        raise EmbeddedServerError(_foreign(folder, error)) from error
    # Waits for a supervisor that is just stopping, which holds this lock alone until it is gone.
    locks.hold_shared(clients)
    # On purpose: gunicorn, started by exec or forked, must keep the servers that this process joined.
    os.set_inheritable(clients, True)
    try:
        # One client at a time looks and starts; else two would see no supervisor and start two.
        with locks.exclusively(folder.start_lock):
            return _join(folder).environment
    except PermissionError as error:
        os.close(clients)
        raise EmbeddedServerError(_foreign(folder, error)) from error
    except BaseException:
        os.close(clients)
        raise


def _join(folder: ServerFolder) -> records.State:
    """Return the running server's state; start one supervisor if none lives."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    started = False
    while time.monotonic() < deadline:
        claimed = locks.claim(folder.supervisor_lock)
        if claimed is not None:
            try:
                if started:
                    raise EmbeddedServerError(_failure(folder))
                _start_supervisor(folder, claimed)
            finally:
                os.close(claimed)
            started = True
        elif state := records.read_state(folder):
            return state
        else:
            time.sleep(locks.POLL_SECONDS)
    raise EmbeddedServerError(f"No answer within {START_TIMEOUT_SECONDS:.0f} s. {_failure(folder)}")


def _start_supervisor(folder: ServerFolder, claimed: int) -> None:
    """Start it detached. It inherits the claimed lock, so that somebody holds it at every moment."""
    folder.state.unlink(missing_ok=True)  # left behind by a supervisor that was killed
    command = [sys.executable, "-m", "ledgersafe.embedded", "supervise", folder.server, folder.purpose]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "LEDGERSAFE_DATA_DIR": str(data_root())}
    with folder.supervisor_log.open("wb") as log:
        subprocess.run(  # noqa: S603 - our own interpreter and module
            [*command, str(claimed)],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(claimed,),
            start_new_session=True,
            check=False,
        )


def _failure(folder: ServerFolder) -> str:
    """Return the supervisor's last words."""
    lines = folder.supervisor_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
    what = "\n  ".join(lines) or "its supervisor ended without a word"
    return f"{folder.server.capitalize()} did not start: {what} (log: {folder.supervisor_log})"


def _foreign(folder: ServerFolder, error: PermissionError) -> str:
    return (
        f"No access to {error.filename or folder.path}: another user (root?) ran the product here. Run as that "
        f"user, or take it over (sudo chown -R $USER {folder.path.parent}), or set LEDGERSAFE_DATA_DIR."
    )
