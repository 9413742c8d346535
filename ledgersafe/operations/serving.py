"""Start the web server: migrate, then run gunicorn with a folder for its workers' metrics."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

ROOT = settings.BASE_DIR


def say(line: str) -> None:
    """Print a line at once, for a person who waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def migrate() -> None:
    """Migrate the schema as the owner, in a process of its own.

    :raises SystemExit: it failed.
    """
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "-v0", "--count"]
    finished = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  our own command
    if finished.returncode:
        sys.exit(finished.returncode)


def server_environment(host: str, port: int) -> Mapping[str, str]:
    """Return the environment of gunicorn and its workers."""
    metrics = Path(os.environ.get("LEDGERSAFE_DATA_DIR", ROOT / ".data")) / "metrics" / str(port)
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True, exist_ok=True)
    url = f"http://{host}:{port}"
    return os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "WEB_BIND": f"{host}:{port}",
        "WEB_GREETING": f"Back office {url}/admin/ · API docs {url}/v1/docs · Ctrl-C ends",
        "WEB_WORKERS": str(settings.WEB_WORKERS),
        "WEB_THREADS": str(settings.WEB_THREADS),
        "WEB_CONNECTIONS": str(settings.WEB_CONNECTIONS),
        "WEB_HEADER_SECONDS": str(settings.WEB_HEADER_SECONDS),
        "WEB_BODY_SECONDS": str(settings.WEB_BODY_SECONDS),
        "WEB_ANSWER_SECONDS": str(settings.WEB_ANSWER_SECONDS),
        "WEB_BYTES_PER_SECOND": str(settings.WEB_BYTES_PER_SECOND),
        # The largest body of any view, plus a margin in which the view itself refuses.
        "WEB_BODY_BYTES": str(settings.MAX_BATCH_BYTES + 1024 * 1024),
        "WEB_BUFFER_BYTES": str(settings.WEB_BUFFER_MIB * 1024 * 1024),
        "DATABASE_AS": "app",
    }


def server_command() -> list[str]:
    """Return the command line of gunicorn."""
    return [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.py")]
