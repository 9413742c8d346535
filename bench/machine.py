"""The machine and the versions a run's figures belong to."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path

from bench import databases

_PACKAGES = ("django", "djangorestframework", "gunicorn", "psycopg", "orjson")


def describe() -> dict[str, str]:
    """Label → text, in the order to be shown."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    settings = ("fsync", "synchronous_commit", "shared_buffers", "autovacuum")
    return {
        "machine": f"{os.cpu_count()} cores ({_processor()}), {_memory()}, {platform.platform(terse=True)}",
        "load before": load,
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
        "postgres": f"{databases.setting('server_version')}, "
        + ", ".join(f"{name} {databases.setting(name)}" for name in settings),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (ValueError, OSError):
        return "memory unknown"
