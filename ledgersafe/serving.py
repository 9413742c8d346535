"""Starting the web server: a free port, the migrated database, gunicorn, and a folder for its workers' metrics."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

ROOT = settings.BASE_DIR


#: Ports after the one in use that are tried for the one to propose.
_NEXT_PORTS = 50


def refusal_to_listen(host: str, port: int) -> str | None:
    """Say in one line why nobody can listen there; None: it is free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, OverflowError, UnicodeError):
        return f"There is no address {host}:{port} to listen on."
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is in use; try `make serve PORT={_free_port_after(port)}`."
            return f"Nobody can listen on {host}:{port}: {error.strerror}."
        except OverflowError:
            return f"There is no port {port}: ports are 0–65535."
    return None


def is_free(port: int) -> bool:
    """Whether one can listen on that port of this machine."""
    return refusal_to_listen("127.0.0.1", port) is None


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _free_port_after(port: int) -> int:
    for other in range(port + 1, min(port + _NEXT_PORTS, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", other))
            except OSError:
                continue
            return other
    return free_port()


def migrate() -> None:
    """Bring the schema up to date as the owner, in a process of its own. :raises SystemExit: it failed."""
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "-v0"]
    finished = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  our own command
    if finished.returncode:
        sys.exit(finished.returncode)


def server_environment(host: str, port: int) -> Mapping[str, str]:
    """The environment gunicorn and its workers run in."""
    metrics = Path(os.environ.get("LEDGERSAFE_DATA_DIR", ROOT / ".data")) / "metrics" / str(port)
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "WEB_BIND": f"{host}:{port}",
        "WEB_WORKERS": str(settings.WEB_WORKERS),
        "WEB_THREADS": str(settings.WEB_THREADS),
        "WEB_CONNECTIONS": str(settings.WEB_CONNECTIONS),
        "WEB_HEADER_SECONDS": str(settings.WEB_HEADER_SECONDS),
        "WEB_BODY_SECONDS": str(settings.WEB_BODY_SECONDS),
        "WEB_ANSWER_SECONDS": str(settings.WEB_ANSWER_SECONDS),
        "WEB_BYTES_PER_SECOND": str(settings.WEB_BYTES_PER_SECOND),
        # The largest body that any view takes, and some more for the view to refuse it in its own words.
        "WEB_BODY_BYTES": str(settings.MAX_BATCH_BYTES + 1024 * 1024),
        "WEB_BUFFER_BYTES": str(settings.WEB_BUFFER_MIB * 1024 * 1024),
        "DATABASE_AS": "app",
    }


def server_command() -> list[str]:
    """gunicorn with our settings."""
    return [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.py")]
