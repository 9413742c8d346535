"""Migrate as the owner, then grant the privileges of the application role and of people's roles."""

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
    """Creates database and application role if needed, migrates, and grants privileges."""

    progress: MigrationProgress | None = None
    help = "Create or update the tables, then give the application role and people's roles their privileges."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--count", action="store_true", help="show progress on one line")

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """Count migrations; Django calls this before and after each."""
        if self.progress is None:
            super().migration_progress_callback(action, migration, fake)
        elif action in {"apply_success", "unapply_success"}:
            self.progress.advance()

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate.

        :raises CommandError: the server is unreachable, or this login may not create role or database.
        """
        if options["count"]:
            self.progress = MigrationProgress()
            pre_migrate.connect(self.progress.receive_plan)
        try:
            self._ensure_database()
            grants.ensure_application_role()
        except ProgrammingError as error:
            hint = "Run deploy/postgres/roles.sql first, or log in with CREATEROLE and CREATEDB (DATABASE_OWNER_URL)."
            raise CommandError(f"{error}{hint}") from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}Check DATABASE_URL.") from error
        super().handle(*args, **options)
        grants.grant_privileges()
        grants.pin_search_paths()
        grants.forbid_creation()
        roles.set_permissions()

    def _ensure_database(self) -> None:
        """Create the database on a newly installed server."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            name = connection.settings_dict["NAME"]
            if f'database "{name}" does not exist' not in str(error):
                raise
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
            self.stdout.write(f"Created database {name}.")
