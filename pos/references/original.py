"""What an event is about: the original it refers to, and what earlier events have used of it. Pure.

A sale and its correction are one original: references to either count against the sale, and are measured by the
content that stands.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.journals.draft import DraftLine
from pos.contract.event import Event
from pos.models.figures import Figures
from pos.references.usage import Reference, Usage, usage_keys_of


@dataclass(frozen=True, slots=True)
class Original:
    """The event that is referred to, as it stands in the books.

    `key` is what references count against; `event` the content that stands (a correction's, once there is one), made
    by the journal `journal_id` of `business_date`; `lines` and `figures` are that journal's. `undoes`: what a void of
    it gives back to another original, when the event is a return.
    """

    key: str
    event: Event
    journal_id: int
    business_date: date
    lines: tuple[DraftLine, ...]
    figures: Figures
    usage: Usage
    undoes: Reference | None = None

    @property
    def total_minor(self) -> int:
        """What was sold or moved in all."""
        return total_of(self.event)


def sold_of(event: Event) -> tuple[Mapping[tuple[str, str], Decimal], Mapping[tuple[str, str], int]]:
    """Quantities and amounts of a basket, by line and article."""
    quantities: dict[tuple[str, str], Decimal] = {}
    amounts: Counter[tuple[str, str]] = Counter()
    for line in event.lines:
        for place in usage_keys_of(line.line_id, line.sku):
            quantities[place] = quantities.get(place, Decimal(0)) + line.quantity
            amounts[place] += line.amount_minor
    return quantities, amounts


def total_of(event: Event) -> int:
    """An event's total: as it says, or lines − discounts + exclusive taxes + tips + service charges."""
    return parts_of(event) if event.total_minor is None else event.total_minor


def parts_of(event: Event) -> int:
    """Sum an event's parts: lines − discounts + exclusive taxes + tips + service charges, in minor units."""
    return sum([line.amount_minor for line in event.lines]) + extras_of(event)


def extras_of(event: Event) -> int:
    """Sum what is added to an event's lines: exclusive taxes + tips + service charges − discounts, in minor units."""
    return (
        sum([tax.amount_minor for tax in event.taxes if not tax.inclusive])
        + sum(event.tips_minor)
        + sum(event.service_charges_minor)
        - sum(event.discounts_minor)
    )
