"""The way of one reception: read → plan → write → judge → answer. One transaction, one commit, then the answer.

In: bodies of one request and the API key's principal. Out: an `Answer` for each, in order. Callers: the API, the demo,
the simulated day.

`receive` has the use cases and the order of the steps. `delivery` is what a request's arrivals share, `plan` what
becomes of each. `writer` calls Postgres, with plans as `columns` or, for one event, as `rows`. `reception` judges the
answer by the pure `gate`, and `levels` decides events about other events once these are locked. `patience` runs a
reception again; `near_duplicates` and `baskets` hold what looks like the same sale twice.
"""

from pos.intake.answer import Answer
from pos.intake.receive import keep_refused, receive_batch, receive_event

__all__ = ["Answer", "keep_refused", "receive_batch", "receive_event"]
