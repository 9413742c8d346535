"""The close of a business day: readiness, closing, reopening, and the hourly close of days that are due.

In: tenant, day, actor. Out: a `ClosedDay` with its record and pack, or a refusal by code. Use cases open their own
transactions and take the tenant's calendar lock (`calendar_lock`); call them outside a transaction.

`readiness` shows the board, `blockers` refuses by the same checks (`held_events`, `open_drawers`) with the
types of `close_refusals`, `days` plans what a close covers, `close` and `reopen` are the use
cases, `empty_days` closes days without sales, `issue` records packs, `due` is the hourly run, `queries` reads
days and closes.
"""

from recon.closing.close import ClosedDay, close_day
from recon.closing.due import close_due_days
from recon.closing.issue import issue_packs
from recon.closing.readiness import Readiness, check_readiness
from recon.closing.reopen import ReopenedDay, reopen_day

__all__ = [
    "ClosedDay",
    "Readiness",
    "ReopenedDay",
    "check_readiness",
    "close_day",
    "close_due_days",
    "issue_packs",
    "reopen_day",
]
