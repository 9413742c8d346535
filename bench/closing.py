"""Run as a program of its own, on one of our databases: a worker that closes days, told what to do line by line.

`close SLUG DATE` closes a day, after a bare sum over the same rows; `write SLUG DATE` closes one by the command, which
writes the pack into a folder, and tells the most memory this process ever held.
"""

import json
import logging
import re
import sys
import tempfile
import time
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import django

#: The least that has to be known of a day: what moved on each account.
_BARE = "SELECT account_id, sum(amount_minor) FROM postings WHERE tenant_id = %s AND business_date = %s GROUP BY 1"


def bare(tenant_id: int, day: date) -> float:
    """Seconds of the bare sum, its rows fetched. Once before it is timed: both find the day's rows in memory."""
    from django.db import connection

    for _ in range(2):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(_BARE, [tenant_id, day])
            cursor.fetchall()
        seconds = time.perf_counter() - started
    return seconds


def close(slug: str, day: date) -> dict[str, Any]:
    """Through the use case. The pack is its last step, in a transaction of its own, and is timed apart."""
    from django.db import connection
    from django.utils import timezone

    from ledgersafe import setup
    from recon.closing import close as closing

    tenant = setup.get_tenant(slug)
    seconds = {"bare sum": bare(tenant.pk, day), "pack": 0.0}
    statements: list[Any] = []
    of_the_close = 0
    issue = closing.issue_packs

    def timed(tenant_id: int, **arguments: Any) -> None:
        nonlocal of_the_close
        of_the_close, started = len(statements), time.perf_counter()
        issue(tenant_id, **arguments)
        seconds["pack"] = time.perf_counter() - started

    def count(execute: Any, *arguments: Any) -> Any:
        statements.append(None)
        return execute(*arguments)

    closing.issue_packs = timed
    started = time.perf_counter()
    try:
        with connection.execute_wrapper(count):
            done = closing.close_day(tenant_id=tenant.pk, day=day, actor="system:bench", now=timezone.now())
    finally:
        closing.issue_packs = issue
    seconds["close"] = time.perf_counter() - started - seconds["pack"]
    return seconds | {"statements": of_the_close, "accounts": done.close.accounts}


def write(slug: str, day: date) -> dict[str, Any]:
    """By the command, pack included. :returns: the process's peak, in MiB."""
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        call_command("close_day", tenant=slug, date=str(day), out=Path(folder), stdout=StringIO())
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {"peak": peak(), "size": size / 2**20}


def peak() -> float:
    """The most memory this process ever held (VmHWM), in MiB."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    django.setup()
    logging.disable(logging.INFO)  # each anchored head of the audit trail
    for line in sys.stdin:
        word, slug, text = line.split()
        told = {"close": close, "write": write}[word](slug, date.fromisoformat(text))
        print(json.dumps(told), flush=True)
