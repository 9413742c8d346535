"""Serve the API and the back office."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from ledgersafe.commands import LedgerCommand
from ledgersafe.jobs import child_process
from ledgersafe.operations import serving
from ledgersafe.postgres import logins


class Command(LedgerCommand):
    help = "Migrate (unless MIGRATE_ON_START=false), serve with gunicorn and run scheduled jobs until Ctrl-C."
    examples = """\
  manage.py serve
  manage.py serve --host 0.0.0.0 --port 8080 --no-jobs     # workers run elsewhere"""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="(default: 8000)")
        parser.add_argument("--no-jobs", action="store_true", help="run no scheduled jobs here (like WEB_JOBS=false)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if settings.MIGRATE_ON_START:
            serving.say("Looking for migrations …")
            serving.migrate()
        if settings.ENVIRONMENT == "production":
            logins.warn_of_login()
        serving.say(f"Starting {settings.WEB_WORKERS} web workers on port {port} …")
        environment = dict(serving.server_environment(host, port))
        if settings.WEB_JOBS and not options["no_jobs"]:
            if child_process.has_broker():
                # gunicorn starts them, and starts them again if they end (see deploy/gunicorn.py).
                environment["WEB_SUPERVISES_JOBS"] = "true"
            else:
                self.stdout.write(child_process.NO_BROKER)
        self.stdout.flush()
        command = serving.server_command()
        os.chdir(serving.ROOT)
        # Replace this process, so that signals reach the server itself.
        os.execve(command[0], command, environment)  # noqa: S606
