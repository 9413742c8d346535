"""Sum append-only tables once: remember the settled part, and read only what came after it.

Ids come from a sequence and rows appear at commit: a lower id can appear after a higher one, so "everything above the
last id I saw" silently loses rows. Transactions decide instead: an id drawn before a moment is settled once every
transaction that was running at that moment has ended.

The sums are kept in the cache, which may be lost at any time; then they are computed again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import cache
from django.db import connection

logger = logging.getLogger(__name__)

#: Rows this old have drawn their id, and their transaction has a number.
_DRAWN_SECONDS: Final = 2
_REMEMBERED_SECONDS: Final = 6 * 3600


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """An append-only table, and the column with the instant of insertion."""

    table: str
    instant: str


EVENTS_RAW: Final = AppendOnly("events_raw", "received_at")
JOURNALS: Final = AppendOnly("journals", "recorded_at")


@dataclass(frozen=True, slots=True)
class Moment:
    """A statement's view: the newest old-enough id, the oldest running transaction, the next transaction."""

    newest_id: int
    oldest_running: int
    next_transaction: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Ids up to `through` are settled; `waiting_id` will be once all transactions before `waiting_for` have ended."""

    through: int = 0
    waiting_id: int = 0
    waiting_for: int = 0

    def after(self, moment: Moment) -> "Mark":
        """Advance the mark to a later moment. Pure. Starts over if ids went backwards: the database was restored."""
        if moment.newest_id < self.through:
            return Mark()
        if moment.oldest_running >= moment.next_transaction:  # nobody is writing
            return Mark(moment.newest_id)
        if self.waiting_for and moment.oldest_running < self.waiting_for:
            return self
        through = self.waiting_id if self.waiting_for else self.through
        return Mark(through, moment.newest_id, moment.next_transaction)


def remembered_sums(
    name: str, grows: AppendOnly, read: Callable[[int, int], Sequence[tuple[Any, ...]]], *, since: float | None = None
) -> Counter[tuple[Any, ...]]:
    """Sum an append-only table by key: the remembered settled part, plus the rows beyond it.

    :param name: the cache key; it must include everything that changes the sums' meaning.
    :param read: `read(after, settled)` returns rows (*key, id <= settled, number) of ids above `after`.
    :param since: forget keys whose first member is lower.
    """
    before, sums = _recall(name)
    later = before.after(_moment(grows))
    if later.through < before.through:
        sums = {}
    settled = Counter({key: number for key, number in sums.items() if since is None or key[0] >= since})
    total = settled.copy()
    for *columns, is_settled, number in read(min(before.through, later.through), later.through):
        total[tuple(columns)] += int(number)
        if is_settled:
            settled[tuple(columns)] += int(number)
    if later != before:
        _remember(name, (later, dict(settled)))
    return total


def _moment(grows: AppendOnly) -> Moment:
    sql = f"""
        SELECT coalesce((SELECT id FROM {grows.table}
                         WHERE {grows.instant} < clock_timestamp() - interval '{_DRAWN_SECONDS} seconds'
                         ORDER BY id DESC LIMIT 1), 0),
               pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint
        FROM pg_current_snapshot() AS now"""  # noqa: S608  names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return Moment(*cursor.fetchone())


def _recall(name: str) -> tuple[Mark, dict[tuple[Any, ...], int]]:
    try:
        return cache.get(name) or (Mark(), {})
    except Exception:  # whatever client the cache has: without it sums are made anew
        logger.warning("The cache does not answer; sums are made anew", exc_info=True)
        return Mark(), {}


def _remember(name: str, value: Any) -> None:
    try:
        cache.set(name, value, _REMEMBERED_SECONDS)
    except Exception:
        logger.warning("The cache takes nothing; sums will be made anew", exc_info=True)
