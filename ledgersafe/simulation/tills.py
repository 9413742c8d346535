"""Make a register's day: sales from morning to evening, their follow-ups, cash in and out. Pure.

Follow-ups are valid in any order of arrival: one per sale, within the sale's amounts.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any, Final

from ledgersafe.simulation import (
    baskets,
    follow_ups,
)
from ledgersafe.simulation.events import CURRENCY, Day, SentEvent, money
from ledgersafe.simulation.shape import Shape

_OPENS: Final = time(8, tzinfo=UTC)
_OPEN_SECONDS: Final = 13 * 3600
#: Hours without network in the last store, which sends its events afterwards.
_OFFLINE: Final = (12, 15)
#: Cash in and out without a sale: how often per register, what it does to the drawer, and its reason.
_CASH_MOVES: Final = (("PAID_IN", 1, 5000, "CHANGE"), ("PAID_OUT", 2, -1250, "MILK"), ("CASH_DROP", 3, -20000, ""))


def stores(shape: Shape) -> list[str]:
    """List the store codes."""
    return [f"store_{number:03}" for number in range(1, shape.stores + 1)]


def registers(shape: Shape) -> list[str]:
    """List the registers of every store."""
    return [f"till_{number}" for number in range(1, shape.registers + 1)]


def day_of(shape: Shape) -> Day:
    """Make the whole chain's day. Equal shapes make equal days."""
    day = Day([])
    for store in stores(shape):
        for register in registers(shape):
            Till(shape, store, register, Random(f"{shape.seed}/{store}/{register}")).run(day)  # noqa: S311  a game
    if shape.stores > 1:
        _cut_off(day, stores(shape)[-1], shape)
    return day


def _cut_off(day: Day, store: str, shape: Shape) -> None:
    begins, ends = (datetime.combine(shape.day, time(hour, tzinfo=UTC)) for hour in _OFFLINE)
    for sent in (*day.events, *day.mistakes, *day.doubtful):
        if sent.store == store and begins <= sent.arrives_at < ends:
            sent.arrives_at = ends


class Till:
    """A register of one store."""

    def __init__(self, shape: Shape, store: str, register: str, random: Random) -> None:
        self.store, self.register, self.random = store, register, random
        self._sales = shape.sales
        self._opens = datetime.combine(shape.day, _OPENS)
        self._numbers: Counter[str] = Counter()
        self._sequence = 0

    def run(self, day: Day) -> None:
        """Ring up the day."""
        moments = sorted(self.random.randrange(_OPEN_SECONDS) for _ in range(self._sales))
        for moment in moments:
            at = self._opens + timedelta(seconds=moment)
            basket = baskets.fill(self.random)
            sale = self.send("SALE", at, basket.fields(), basket.effects() | {"baskets_count": 1, "rung_count": 1})
            day.events += [sale, *follow_ups.follow_ups_of(self, sale, basket)]
            self._go_wrong(day, sale, basket)
        day.events += self._cash_moves()

    def send(
        self, kind: str, at: datetime, fields: dict[str, Any], effects: dict[str, int], delay: int = 0
    ) -> SentEvent:
        """Make an event of this till; it arrives `delay` seconds after it happened."""
        self._numbers[kind] += 1
        self._sequence += 1
        name = f"{self.store}.{self.register}.{kind.lower()}.{self._numbers[kind]}"
        envelope = {
            "schema_version": "1.0",
            "store_id": self.store,
            "register_id": self.register,
            "device_id": f"{self.store}.{self.register}",
            "device_seq": self._sequence,
            "source_system": "simulated-pos",
            "source_event_id": f"src.{name}",
            "event_id": name,
            "event_type": kind,
            "occurred_at": at.isoformat(),
            "txn_id": f"txn.{name}",
            "currency": CURRENCY,
        }
        return SentEvent(self.store, self.register, envelope | fields, at, at + timedelta(seconds=delay), effects)

    def _go_wrong(self, day: Day, sale: SentEvent, basket: baskets.Basket) -> None:
        chance = self.random.random()
        if chance < 0.004 and sale is day.events[-1]:  # nothing became of it
            other = baskets.paid(self.random, baskets.Basket(basket.lines[:1] * 2, 0, 0, ()), "CASH")
            wrong = {name: value for name, value in sale.fields.items() if name not in {"discounts", "tips"}}
            wrong |= other.fields() | {"metadata": {"till": "was restarted"}}
            arrives_at = sale.arrives_at + timedelta(minutes=self.random.randrange(1, 30))
            day.mistakes.append(SentEvent(sale.store, sale.register, wrong, sale.occurred_at, arrives_at))
        elif chance > 0.998:
            fields = basket.fields() | {"total_amount": money(basket.total + 1000)}
            day.doubtful.append(self.send("SALE", sale.occurred_at, fields, {}))

    def _cash_moves(self) -> Iterator[SentEvent]:
        for kind, number, cash, reason in _CASH_MOVES:
            for _ in range(number):
                at = self._opens + timedelta(seconds=self.random.randrange(_OPEN_SECONDS))
                fields = {"total_amount": money(abs(cash))} | ({"reason": reason} if reason else {})
                yield self.send(kind, at, fields, {"moved_cash_minor": cash})
        yield self.send("NO_SALE", self._opens, {}, {})
