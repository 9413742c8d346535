"""Make the events that follow a sale: returns, voids, corrections, tips. Pure.

At most one per sale, so that the order of arrival cannot matter; some arrive before their sale.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ledgersafe.simulation import baskets
from ledgersafe.simulation.baskets import Basket
from ledgersafe.simulation.events import SentEvent, money

if TYPE_CHECKING:
    from ledgersafe.simulation.tills import Till

#: Delay of a sale whose return arrives first.
_SALE_DELAYED: Final = timedelta(minutes=45)
_EARLY: Final = 0.25


def follow_ups_of(till: "Till", sale: SentEvent, basket: Basket) -> Iterator[SentEvent]:
    """Yield the events that follow a sale; mostly none."""
    chance = till.random.random()
    for share, what in ((0.04, _brought_back), (0.055, _voided), (0.065, _corrected), (0.10, _tipped)):
        if chance < share:
            yield from what(till, sale, basket)
            if till.random.random() < _EARLY:
                sale.arrives_at += _SALE_DELAYED
            return


def _about(sale: SentEvent, till: "Till") -> dict[str, Any]:
    by_transaction = till.random.random() < 0.3
    named = {"original_txn_id": sale.fields["txn_id"]} if by_transaction else {"original_event_id": sale.event_id}
    return {"references": named}


def _brought_back(till: "Till", sale: SentEvent, basket: Basket) -> Iterator[SentEvent]:
    """Return one of each line, in one RETURN or two, refunded in cash."""
    for number, (sku, quantity, amount) in enumerate(basket.lines[:2], 1):
        each = amount // quantity
        # No more than was paid: a discount is not refunded.
        each = each * (basket.gross - basket.discount) // basket.gross
        line = {"line_id": str(number), "sku": sku, "qty": 1, "amount": money(each)}
        fields = {
            "total_amount": money(each),
            "line_items": [line],
            "tenders": baskets.tender_fields((("CASH", each, ""),)),
        }
        effects = {"returns_count": 1, "returns_minor": each, "total_minor": -each, "cash_minor": -each}
        at = sale.occurred_at + timedelta(minutes=10 * number)
        yield till.send("RETURN", at, fields | _about(sale, till), effects)


def _voided(till: "Till", sale: SentEvent, basket: Basket) -> Iterator[SentEvent]:
    effects = basket.effects(-1) | {"baskets_count": -1, "voids_count": 1}
    yield till.send("VOID", sale.occurred_at + timedelta(minutes=2), _about(sale, till), effects)


def _corrected(till: "Till", sale: SentEvent, basket: Basket) -> Iterator[SentEvent]:
    """Correct a first line that was rung up once too often."""
    lines = basket.lines[1:] or (("MUG", 1, 1450),)
    right = baskets.paid(till.random, Basket(lines, 0, 0, ()), "CASH")
    effects = {name: right.effects().get(name, 0) for name in right.effects()}
    for name, value in basket.effects(-1).items():
        effects[name] = effects.get(name, 0) + value
    at = sale.occurred_at + timedelta(minutes=5)
    yield till.send("CORRECTION", at, right.fields() | _about(sale, till), effects | {"corrections_count": 1})


def _tipped(till: "Till", sale: SentEvent, basket: Basket) -> Iterator[SentEvent]:
    if not basket.card:
        return
    tip = till.random.choice((50, 150, 275))
    effects = {"tips_minor": tip, "card_minor": tip, "total_minor": tip}
    at = sale.occurred_at + timedelta(minutes=20)
    yield till.send("TIP_ADJUST", at, {"total_amount": money(tip)} | _about(sale, till), effects)
