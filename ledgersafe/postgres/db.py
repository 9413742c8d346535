"""Transactions of a tenant, retries, calls of SQL functions, and SQL files for migrations.

Three kinds of function meet here. A use case opens the one transaction (`tenant_transaction`), an
operation requires it (`require_transaction`), a decision never touches the database.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import orjson
import psycopg
from django.db import Error as DjangoDatabaseError
from django.db import connection, transaction
from django.db.migrations.operations import RunSQL
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGconn, PGresult

from ledgersafe.postgres import arrays
from ledgersafe.telemetry import metrics
from ledgersafe.values import errors

T = TypeVar("T")

#: serialization_failure, deadlock_detected, unique_violation (of a key another request has just taken), and
#: invalid_sql_statement_name: the session's prepared statements were discarded, and are prepared again.
RETRYABLE: Final = frozenset({"40001", "40P01", "23505", "26000"})
#: lock_not_available and query_canceled; idle_in_transaction_session_timeout, which ends the session, and
#: transaction_timeout, which does too; system_error, where the machine under Postgres fails.
_OUT_OF_TIME: Final = frozenset({"55P03", "57014"})
_ENDED_BY_SERVER: Final = frozenset({"25P03", "25P04"})
_MACHINE_FAILS: Final = "58"
MAX_ATTEMPTS: Final = 6
_FIRST_PAUSE_SECONDS: Final = 0.005
#: Statements that `_call` has prepared, per connection.
_statements: Final[WeakKeyDictionary[psycopg.Connection[Any], set[str]]] = WeakKeyDictionary()
_SUCCESS: Final = frozenset({psycopg.pq.ExecStatus.TUPLES_OK, psycopg.pq.ExecStatus.COMMAND_OK})
_AS_IS, _AS_TEXT = PyFormat.BINARY, PyFormat.TEXT
_BEGIN: Final = (
    b"BEGIN; SELECT set_config('app.tenant_id', '%d', true), set_config('plan_cache_mode', 'force_generic_plan', true)"
)
_BUSY: Final = "The database did not answer in time; send the same request again."
_CONTENDED: Final = "Too many requests change the same thing at once; send the same request again."


class TransactionRequired(RuntimeError):
    """An operation was called outside a use case's transaction: a bug in the caller."""


class StaleMemory(Exception):
    """This process' memory of a tenant is out of date: forget it, read again, retry."""


def require_transaction() -> None:
    """Refuse to run an operation outside a use case's transaction; the first line of every operation.

    :raises TransactionRequired: no use case has opened a transaction.
    A test case's own wrapping block does not count, or this check could never fail in a test.
    """
    if not any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise TransactionRequired("This operation runs inside a use case's transaction.")


@contextmanager
def tenant_transaction(tenant_id: int) -> Iterator[None]:
    """Open the one transaction of a use case, with `app.tenant_id` set for row-level security.

    BEGIN and the settings travel in one message: a use case costs one round trip to begin, one per
    statement, one to commit. Our functions look rows up by key whatever their arguments are, so their
    statements get a generic plan once per connection instead of a custom one for each of the first five calls.
    """
    with transaction.atomic(durable=True):
        # Simple protocol, so that both statements are one message; psycopg sees the open transaction and
        # sends no BEGIN of its own. The setting is LOCAL: it cannot survive on a reused connection.
        pgconn = raw_connection().pgconn
        with connection.wrap_database_errors:
            _checked(pgconn, pgconn.exec_(_BEGIN % tenant_id))
        yield


@contextmanager
def rolled_back(tenant_id: int) -> Iterator[None]:
    """Open a use case's transaction and undo its writes at the end: for previews and dry runs.

    Everything but the commit happens, so that what a preview shows is what would happen. Guards that are deferred to
    the commit look only when the caller asks for it (`force_constraints`).
    """
    with tenant_transaction(tenant_id):
        yield
        transaction.set_rollback(True)


@contextmanager
def read_only_snapshot() -> Iterator[psycopg.Connection[Any]]:
    """Open a read-only transaction that sees one moment of the books."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        yield raw_connection()


def raw_connection() -> psycopg.Connection[Any]:
    """Return psycopg's connection behind Django's connection of this thread."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    return raw


def call(function: str, *args: Any) -> Any:
    """Call one of our SQL functions, which answer jsonb or nothing, in the open transaction.

    `function` is always a literal of ours. :raises django.db.Error: what Postgres refused.
    """
    require_transaction()
    return _call(function, args)


def call_alone(function: str, *args: Any) -> Any:
    """Call one of our SQL functions as a transaction of its own: one round trip, and the answer is the commit.

    Only for functions that set `app.tenant_id` themselves. :raises RuntimeError: a transaction is open, and the call
    would not be durable. :raises django.db.Error: what Postgres refused; then nothing was written.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A call that is its own transaction cannot run inside another.")
    return _call(function, args)


def ask(function: str, *args: Any) -> Any:
    """Call one of our SQL functions that only reads, in a transaction or outside of one.

    Outside a transaction it retries once if the session's prepared statements were discarded: pages do not retry.

    :raises django.db.Error: what Postgres refused.
    """
    try:
        return _call(function, args)
    except DjangoDatabaseError as error:
        if sqlstate(error) != "26000" or connection.in_atomic_block:
            raise
        return _call(function, args)


def _call(function: str, args: tuple[Any, ...]) -> Any:
    """Execute a statement prepared by an earlier call: one short message, without statement text and types.

    Without a cursor, since Django disables psycopg's own prepared statements, and the statement would be parsed and
    planned for every event.
    """
    raw = raw_connection()
    with connection.wrap_database_errors:
        pgconn = raw.pgconn
        if not raw.autocommit and pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            _checked(pgconn, pgconn.exec_(b"BEGIN"))  # a block of Django's: psycopg would send it with a statement
        name = _prepared(raw, function, len(args))
        # Everything as text, since the statement knows the types; bytes unchanged.
        values = [
            arrays.blobs(arg) if isinstance(arg, list) and arg and isinstance(arg[0], bytes) else arg for arg in args
        ]
        transformer = Transformer(raw)
        sent = transformer.dump_sequence(values, [_AS_IS if type(value) is bytes else _AS_TEXT for value in values])
        result = pgconn.exec_prepared(name, sent, transformer.formats)  # type: ignore[arg-type]  # None is NULL
        try:
            answer = _checked(pgconn, result).get_value(0, 0)
        except psycopg.errors.InvalidSqlStatementName:  # the session's statements were discarded
            _statements[raw].discard(function)
            raise
    # The answers hold ids, codes and minor units, which orjson reads exactly, and no fractions.
    return orjson.loads(answer) if answer else None


def _prepared(raw: psycopg.Connection[Any], function: str, arity: int) -> bytes:
    """Return the name of the prepared statement that calls the function; prepare it on first use."""
    known = _statements.setdefault(raw, set())
    name = function.encode()
    if function not in known:
        places = ", ".join(f"${number}" for number in range(1, arity + 1))
        _checked(raw.pgconn, raw.pgconn.prepare(name, f"SELECT {function}({places})".encode()))
        known.add(function)
    return name


def _checked(pgconn: PGconn, result: PGresult) -> PGresult:
    """Return the result.

    :raises psycopg.Error: Postgres refused, or the connection is gone.
    """
    if result.status in _SUCCESS:
        return result
    if pgconn.status == psycopg.pq.ConnStatus.BAD:
        raise psycopg.OperationalError(result.error_message.decode("utf-8", "replace"))
    raise psycopg.errors.error_from_result(result)


def lift_statement_timeout() -> None:
    """Lift the web server's statement timeout for the open transaction; operation."""
    require_transaction()
    raw_connection().execute("SET LOCAL statement_timeout = 0")


def force_constraints() -> None:
    """Check deferred constraints now, inside the savepoint, so that a refusal undoes only the savepoint."""
    require_transaction()
    raw_connection().execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


class JsonText(str):
    """JSON text for a jsonb parameter of `call`."""

    __slots__ = ()


def as_jsonb(value: Any) -> JsonText:
    """Encode a jsonb parameter of `call` with orjson, which writes integers and texts exactly."""
    return JsonText(orjson.dumps(value).decode())


def cause_of(error: BaseException) -> BaseException:
    """Return psycopg's error behind Django's wrapper, or the error itself."""
    return error if isinstance(error, psycopg.Error) or error.__cause__ is None else error.__cause__


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of a database error, or an empty text."""
    return getattr(cause_of(error), "sqlstate", None) or ""


def constraint_of(error: BaseException) -> str:
    """Return the constraint or guard that a database error names, or an empty text."""
    cause = cause_of(error)
    return (cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None) or ""


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether the server went away or refuses connections: this connection is of no more use."""
    cause = cause_of(error)
    state = getattr(cause, "sqlstate", None) or ""
    if state in _ENDED_BY_SERVER:
        return True
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return not state or state.startswith(("08", "57P", "53"))
    return False


def is_out_of_time(error: BaseException) -> bool:
    """Tell whether a lock or statement timed out, or the statement was cancelled."""
    return sqlstate(error) in _OUT_OF_TIME


def is_unavailable(error: BaseException) -> bool:
    """Tell whether Postgres is unavailable: the error says nothing about the request."""
    return isinstance(error, DjangoDatabaseError | psycopg.Error) and (
        is_connection_lost(error) or is_out_of_time(error) or sqlstate(error).startswith(_MACHINE_FAILS)
    )


def retry_serialization(work: Callable[[], T], *, attempts: int = MAX_ATTEMPTS) -> T:
    """Run a whole use case, and again when Postgres asks for it: bounded, with jitter, counted.

    After a lost connection, the use case runs once more on a new one. That is safe although a lost reply to COMMIT
    looks like a lost COMMIT: every key is inserted in the transaction it guards, so a second run finds it taken.

    :raises ledgersafe.values.errors.Unavailable: the database stays out of reach, or the attempts are used up.
    :raises django.db.Error: a refusal that another attempt would not change.
    """
    lost = 0
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except StaleMemory as error:
            if attempt == attempts:
                raise errors.Unavailable(_CONTENDED, retry_after=1) from error
        except DjangoDatabaseError as error:
            if is_connection_lost(error):
                lost += 1
                connection.close()
                if lost > 1:
                    raise errors.Unavailable(retry_after=2) from error
            elif is_unavailable(error):
                raise errors.Unavailable(_BUSY, retry_after=2) from error
            elif sqlstate(error) not in RETRYABLE:
                raise
            elif attempt == attempts:
                raise errors.Unavailable(_CONTENDED, retry_after=1) from error
            else:
                metrics.serialization_retries.inc()
                # Full jitter, so that contenders do not collide again in step.
                time.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
    raise AssertionError("unreachable: the last attempt returns or raises")


def run_sql(migration_file: str, name: str) -> RunSQL:
    """A migration operation from `sql/NAME.sql` and `sql/NAME.down.sql` beside the migration.

    A file never changes once landed: a change is a new file with a new version in the function's name.
    """
    folder = Path(migration_file).parent / "sql"
    return RunSQL((folder / f"{name}.sql").read_text(), (folder / f"{name}.down.sql").read_text())
