#!/usr/bin/env python
"""Ledger-Safe's command line. `manage.py help` lists the commands; each has `--help` with examples."""

import argparse
import os
import sys

#: Commands that change the schema or own the database; every other one runs as the application role.
OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "flush", "sqlflush", "test"}
#: Commands that need no database: they must work, fast, where no server could start.
OFFLINE_COMMANDS = {
    "makemigrations",
    "help",
    "--help",
    "version",
    "--version",
    "collectstatic",
    "spectacular",
}
#: Commands that start everything: each step is named the moment it begins, since the first ones take seconds.
TALKING_COMMANDS = {"demo", "serve"}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refusal_to_serve(arguments: list[str]) -> str | None:
    """Say in one line that nobody can listen there, before anything is started for it."""
    from ledgersafe.operations import ports

    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    try:
        known, _ = parser.parse_known_args(arguments)
    except argparse.ArgumentError:
        return None  # the command itself says what is wrong with them
    return ports.refusal_to_listen(known.host, known.port)


def main() -> int:
    """Start the embedded servers if none are configured, then run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgersafe.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_AS"] = "owner"
    if command not in OFFLINE_COMMANDS and "--help" not in sys.argv and "-h" not in sys.argv:
        from environ import Env

        from ledgersafe import embedded

        # Before the servers: a DATABASE_URL in .env means that somebody brings their own.
        Env.read_env(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".env"), overwrite=False)

        if command == "serve" and (refusal := _refusal_to_serve(sys.argv[2:])):
            sys.stderr.write(f"{refusal}\n")
            return 2
        try:
            embedded.ensure_servers(say=_say if command in TALKING_COMMANDS else None)
        except embedded.EmbeddedServerError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    from ledgersafe.management.command_line import CommandLine

    CommandLine(sys.argv).execute()
    return 0


if __name__ == "__main__":
    sys.exit(main())
