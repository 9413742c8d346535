"""Django's `migrate`, as the owner, followed by the privileges of the application role and of people's roles."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connection
from django.db.models.signals import pre_migrate
from django.db.utils import OperationalError, ProgrammingError

from ledgersafe.operations.migration_progress import MigrationProgress
from ledgersafe.postgres import grants
from ledgersafe.tenants import roles


class Command(migrate.Command):
    """Create the database and the application role if need be, migrate, and grant."""

    progress: MigrationProgress | None = None
    help = "Create or update the tables, then give the application role and people's roles their privileges."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--count", action="store_true", help="show one line that counts, for a person who waits")

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """Django calls this before and after each migration."""
        if self.progress is None:
            super().migration_progress_callback(action, migration, fake)
        elif action in {"apply_success", "unapply_success"}:
            self.progress.advance()

    def handle(self, *args: Any, **options: Any) -> None:
        """:raises CommandError: the server cannot be reached or does not let us create role or database."""
        if options["count"]:
            self.progress = MigrationProgress()
            pre_migrate.connect(self.progress.receive_plan)
        try:
            self._ensure_database()
            grants.ensure_application_role()
        except ProgrammingError as error:
            told = "Run deploy/postgres/roles.sql first, or log in with CREATEROLE and CREATEDB (DATABASE_OWNER_URL)."
            raise CommandError(f"{error}{told}") from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}Check DATABASE_URL.") from error
        super().handle(*args, **options)
        grants.grant_privileges()
        grants.pin_search_paths()
        grants.forbid_creation()
        roles.set_permissions()

    def _ensure_database(self) -> None:
        """A server that was just installed has no database of ours yet."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            name = connection.settings_dict["NAME"]
            if f'database "{name}" does not exist' not in str(error):
                raise
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
            self.stdout.write(f"Created database {name}.")
