"""Limit how long the web server waits for Postgres: a person or a till waits behind each of its few threads.

Jobs and commands have no such limits: closing a large day or verifying the books takes as long as it takes.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings


def limit_web() -> None:
    """Set timeouts on every connection this process opens from now on; called where the web server is loaded."""
    limit(settings.DATABASES["default"]["OPTIONS"], settings.WEB_DATABASE_TIMEOUTS, settings.WEB_DATABASE_CONNECTING)


def limit(options: dict[str, Any], timeouts: Mapping[str, int], connecting: Mapping[str, int]) -> None:
    """Add timeouts to connection options; values in DATABASE_URL win."""
    for name, value in connecting.items():
        options.setdefault(name, value)
    started = str(options.get("options", ""))
    added = [f"-c {name}={value}" for name, value in timeouts.items() if f"{name}=" not in started]
    options["options"] = " ".join([started, *added]).strip()
