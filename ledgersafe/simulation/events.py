"""An event of the simulated day: what a till sends, when it arrives, and its effects if it stands."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ledgersafe.values.money import to_decimal_text

CURRENCY: Final = "USD"


@dataclass(slots=True)
class SentEvent:
    """An event of a till.

    `effects`: its effects by columns of `daily_sales` if it stands; amounts in minor units.
    """

    store: str
    register: str
    fields: dict[str, Any]
    occurred_at: datetime
    arrives_at: datetime
    effects: Mapping[str, int] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """The event's id."""
        event_id: str = self.fields["event_id"]
        return event_id


@dataclass(slots=True)
class Day:
    """All events in order of arrival, and what is true in the end."""

    events: list[SentEvent]
    #: Wrong versions sent by a till; the event with the same id in `events` is the true one.
    mistakes: list[SentEvent] = field(default_factory=list)
    #: Events nobody can post: their totals do not add up.
    doubtful: list[SentEvent] = field(default_factory=list)

    @property
    def arrivals(self) -> list[SentEvent]:
        """Everything that arrives, in order."""
        everything = [*self.events, *self.mistakes, *self.doubtful]
        return sorted(everything, key=lambda sent: (sent.arrives_at, sent.event_id))

    def by_store(self) -> dict[str, Counter[str]]:
        """Add up the effects by store."""
        sums: dict[str, Counter[str]] = {}
        for sent in self.events:
            sums.setdefault(sent.store, Counter()).update(sent.effects)
        return sums

    def cash(self) -> Counter[tuple[str, str]]:
        """Add up the cash into each register's drawer, less the cash out of it."""
        sums: Counter[tuple[str, str]] = Counter()
        for sent in self.events:
            moved = sent.effects.get("cash_minor", 0) + sent.effects.get("moved_cash_minor", 0)
            sums[sent.store, sent.register] += moved
        return sums


def money(minor: int) -> str:
    """Format an amount as events carry it."""
    return to_decimal_text(minor, CURRENCY)
