"""Serve the API and the back office."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from ledgersafe import serving
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Migrate (unless MIGRATE_ON_START=false) and serve with gunicorn until Ctrl-C."
    examples = """\
  manage.py serve
  manage.py serve --host 0.0.0.0 --port 8080"""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="(default: 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MIGRATE_ON_START:
            serving.migrate()
        host, port = options["host"], options["port"]
        self.stdout.write(
            f"Back office http://{host}:{port}/admin/ · API docs http://{host}:{port}/v1/docs · Ctrl-C ends"
        )
        self.stdout.flush()
        command = serving.server_command()
        os.chdir(serving.ROOT)
        # Replaces this process, so that signals reach the server itself.
        os.execve(command[0], command, serving.server_environment(host, port))  # noqa: S606
