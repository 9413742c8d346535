"""The original of an event: the event it refers to, as it stands in the books, and its usage. Pure.

A sale and its correction are one original: references to either count against the sale, and are measured by the
content that stands.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.journals import DraftLine
from pos.contract import Event
from pos.models.figures import Figures
from pos.references.usage import Reference, Usage, usage_keys_of


@dataclass(frozen=True, slots=True)
class Original:
    """An event in the books that another event refers to.

    :ivar key: the event id that references count against.
    :ivar event: the content that stands: a correction's, once there is one.
    :ivar journal_id: the journal of that content; `business_date`, `lines` and `figures` are this journal's.
    :ivar usage: everything that counts against it.
    :ivar undoes: of a return, what a void of it gives back to the sale.
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
        """The total that was sold or moved, in minor units."""
        return total_of(self.event)


def sold_of(event: Event) -> tuple[Mapping[tuple[str, str], Decimal], Mapping[tuple[str, str], int]]:
    """Sum up the quantities and amounts (minor units) of a basket, by line and by article."""
    quantities: dict[tuple[str, str], Decimal] = {}
    amounts: Counter[tuple[str, str]] = Counter()
    for line in event.lines:
        for key in usage_keys_of(line.line_id, line.sku):
            quantities[key] = quantities.get(key, Decimal(0)) + line.quantity
            amounts[key] += line.amount_minor
    return quantities, amounts


def total_of(event: Event) -> int:
    """Return an event's total in minor units: its own, else the sum of its parts."""
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
