"""The benchmark's own databases: on its private server, or on the one BENCH_DATABASE_URL names."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench import ROOT
from ledgersafe import embedded

PREFIX = "ledgersafe_bench_"
_DROP_TIMEOUT_SECONDS = 15.0


class UnfitServer(RuntimeError):
    """The database server would not keep what it acknowledged: its figures would mean nothing."""


def choose_server() -> None:
    """Set the environment's URLs to the server the benchmark runs on. It never touches the product's own data."""
    os.environ["LEDGERSAFE_DATA_DIR"] = str(ROOT / ".data" / "bench")
    os.environ["REDIS_URL"] = ""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    if own := os.environ.get("BENCH_DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"] = own
    else:
        embedded.ensure_servers()
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if setting(name) != "on":
            raise UnfitServer(f"{name} is {setting(name)} on this server; it must be on.")


@contextmanager
def only_run() -> Iterator[None]:
    """Two runs at once would drop each other's databases, and measure each other.

    :raises UnfitServer: another run is under way on this server.
    """
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [PREFIX]).fetchone()
        if row is None or not row[0]:
            raise UnfitServer("Another run of the benchmark is under way on this server.")
        yield


def urls_of(database: str) -> dict[str, str]:
    """The variables that point a process of the product at one of our databases."""
    return {name: _renamed(os.environ[name], PREFIX + database) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}


def create(database: str) -> None:
    """An empty database in the place of a former run's."""
    drop(database)
    _execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(PREFIX + database)))


def drop(database: str) -> None:
    """Waits for connections that a stopped server is just giving up: the owner may not end the application's."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(PREFIX + database))
    deadline = time.monotonic() + _DROP_TIMEOUT_SECONDS
    while True:
        try:
            return _execute(statement)
        except (psycopg.errors.ObjectInUse, psycopg.errors.InsufficientPrivilege):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def settle(database: str) -> None:
    """What autovacuum and the checkpointer would have done by and by, so that no round pays for the set-up."""
    with connect(database) as connection:
        connection.execute("VACUUM (ANALYZE)")
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("CHECKPOINT")


def query(database: str, statement: LiteralString) -> Any:
    """The one row a statement answers."""
    with connect(database) as connection:
        return connection.execute(statement).fetchone()


def setting(name: str) -> str:
    """A setting of the server."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def connect(database: str) -> psycopg.Connection[Any]:
    """As the owner, every statement its own transaction."""
    return psycopg.connect(urls_of(database)["DATABASE_OWNER_URL"], autocommit=True)


def _execute(statement: sql.Composed) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute(statement)


def _renamed(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
