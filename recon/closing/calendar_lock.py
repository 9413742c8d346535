"""The lock that closes, reopenings and packs of one tenant take in turn."""

from django.db import connection

from ledgersafe.postgres.db import require_transaction


def lock_calendar(tenant_id: int) -> None:
    """Lock the tenant's calendar until commit; operation. It is the lock that the guard on `periods` takes.

    The races this closes: a day is opened before the one that is just being closed; two closers, or two packs.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [-tenant_id])
