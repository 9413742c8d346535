"""The roles of the private Postgres: an admin, the owner of the schema, and the application.

The application role owns nothing and has no special right, so that row-level security and the append-only
guards hold for it as they would in production.
"""

from typing import Any, LiteralString

import psycopg
from psycopg import sql

from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import Purpose

ADMIN, OWNER, APP = "ledgersafe_admin", "ledgersafe_owner", "ledgersafe_app"
NAMES = (ADMIN, OWNER, APP)
DATABASE = "ledgersafe"
STATISTICS = "pg_stat_statements"

RIGHTS = {
    OWNER: sql.SQL("LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"),
    APP: sql.SQL("LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"),
}

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(port: int, password: str, database: str = "postgres") -> Connection:
    """Connect as the admin, in autocommit."""
    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user=ADMIN,
        password=password,
        dbname=database,
        connect_timeout=5,
        sslmode="disable",
        autocommit=True,
    )


def answers(port: int, password: str) -> bool:
    """Tell whether the server lets the admin in; False while it starts or recovers.

    :raises EmbeddedServerError: it runs, with other passwords than ours.
    """
    try:
        connect(port, password).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise EmbeddedServerError(
                "passwords.json does not fit the data beside it: restore it, or `make clean`."
            ) from error
        return False
    return True


def prepare(port: int, passwords: dict[str, str], *, statistics: bool) -> None:
    """Set up the roles, database and statistics that this version needs; safe to repeat."""
    with connect(port, passwords[ADMIN]) as connection:
        for role, rights in RIGHTS.items():
            if not _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role):
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            # Encrypted here: the server's log and statistics never see the password.
            secret = connection.pgconn.encrypt_password(
                passwords[role].encode(), role.encode(), b"scram-sha-256"
            ).decode()
            connection.execute(sql.SQL("ALTER ROLE {} {} PASSWORD {}").format(sql.Identifier(role), rights, secret))
        if not _exists(connection, "SELECT FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )
    if statistics:
        with connect(port, passwords[ADMIN], DATABASE) as connection:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(STATISTICS)))


def environment(port: int, passwords: dict[str, str], purpose: Purpose) -> dict[str, str]:
    """Return the clients' variables. Tests create databases and SET ROLE: both URLs log in as the admin."""
    app, owner = (ADMIN, ADMIN) if purpose == "test" else (APP, OWNER)
    return {
        "DATABASE_URL": f"postgresql://{app}:{passwords[app]}@127.0.0.1:{port}/{DATABASE}",
        "DATABASE_OWNER_URL": f"postgresql://{owner}:{passwords[owner]}@127.0.0.1:{port}/{DATABASE}",
    }


def _exists(connection: Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
