"""Business days as rows: open, seal and reopen them; and tenants' calendars, cached per process.

* `periods`: operations in the caller's transaction. The trigger on `periods` takes the day's lock exclusively, so that
  a close waits for running posters, and later posters find the day closed.
* `calendar_memory`: the calendar of a tenant: which day it is, and opening that day.

Callers of an operation often write `periods.open_day`, `periods.seal`: import the module where the noun helps to read.
"""

from ledger.periods.calendar_memory import Calendar, calendar_of, forget
from ledger.periods.periods import close_empty_days, last_closed_date, open_day, reopen, revision_of, seal

__all__ = [
    "Calendar", "calendar_of", "close_empty_days", "forget", "last_closed_date", "open_day", "reopen",
    "revision_of", "seal",
]  # fmt: skip
