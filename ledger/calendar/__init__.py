"""Business days: the day of an instant, the span of a day, and days in query parameters.

In: instants, time zones, cut-offs. Out: days and spans in UTC. Opening and closing days: `ledger.periods`.

* `business_days`: which day an instant belongs to, and where a day starts and ends. Pure.
* `parameters`: days, spans and instants in query parameters. Pure.
* `store_clocks`: the clocks of a tenant and of its stores in other time zones; one statement reads them.
"""

from ledger.calendar.business_days import business_date_of, is_business_day, span_of
from ledger.calendar.parameters import day_before, day_of, moment_of, span_of_days
from ledger.calendar.store_clocks import Clocks, Ending

__all__ = [
    "Clocks", "Ending", "business_date_of", "day_before", "day_of", "is_business_day", "moment_of", "span_of",
    "span_of_days",
]  # fmt: skip
