"""Verify one trail for a page: the same check as `verify_audit`, bounded in time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection, transaction

from ledgersafe.audit.anchors import anchor_file, read_anchors
from ledgersafe.audit.full_check import Trail, check_anchors, check_trail
from ledgersafe.postgres.db import raw_connection
from ledgersafe.postgres.invariants import Snapshot
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError

#: Well below the web server's own limit.
PATIENCE_SECONDS: Final = 20.0
_NAMED_ROWS: Final = 20


class TrailTooLong(DomainError):
    """The trail is too long to be checked on this page. Run manage.py verify_audit."""

    code = "TRAIL_TOO_LONG"
    http_status = 503


def verify_now(tenant: Tenant, *, patience_seconds: float = PATIENCE_SECONDS) -> Trail:
    """Recompute a tenant's chain, in one snapshot that can change nothing.

    :raises TrailTooLong: the check did not finish in time, and says nothing.
    """
    deadline = time.monotonic() + patience_seconds

    def check_time(_blocks: int) -> None:
        if time.monotonic() > deadline:
            raise TrailTooLong

    try:
        with _snapshot(patience_seconds) as raw:
            snapshot = Snapshot(raw, tenant.id)
            index = check_anchors(snapshot, read_anchors(anchor_file()))
            return check_trail(snapshot, tenant.slug, index, named_rows=_NAMED_ROWS, on_blocks=check_time)
    except psycopg.errors.QueryCanceled as error:
        raise TrailTooLong from error


@contextmanager
def _snapshot(patience_seconds: float) -> Iterator[psycopg.Connection[Any]]:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(patience_seconds * 1000)}"])
        yield raw_connection()
