"""Create a person of the back office."""

import getpass
import secrets
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ledgersafe.commands import LedgerCommand
from ledgersafe.people import access
from ledgersafe.tenants.roles import ROLES


class Command(LedgerCommand):
    help = "Create a person of the back office. Without a password, a random one is printed alone on the last line."
    examples = """\
  manage.py create_staff anna --role operator --tenant acme
  manage.py create_staff omar --role auditor --tenant acme --tenant globex
  echo "$PASSWORD" | manage.py create_staff berta --role supervisor --tenant acme --password-stdin"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, help=f"one of {', '.join(ROLES)}")
        parser.add_argument("--tenant", action="append", required=True, help="a tenant's slug; repeat for more")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        typed = _read_password() if options["password_stdin"] else None
        password = typed if typed is not None else secrets.token_urlsafe(15)
        access.create_person(
            username=options["username"],
            role=options["role"].replace("-", "_"),
            tenants=options["tenant"],
            password=password,
            email=options["email"],
            by=None,
            actor=self.actor,
        )
        role = ROLES[options["role"].replace("-", "_")].name
        self.stdout.write(f"{options['username']} may sign in at /admin/ as {role} of {', '.join(options['tenant'])}.")
        if typed is None:
            self.stdout.write("Password, shown only once:")
            self.stdout.write(password)


def _read_password() -> str:
    """Read one line, hidden on a terminal.

    :raises CommandError: there is none.
    """
    line = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline()
    password = line.rstrip("\r\n")
    if not password:
        raise CommandError("No password on standard input.", returncode=2)
    return password
