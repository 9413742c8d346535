"""What an event is about: the original it refers to, and what earlier events have used of it. Pure.

A sale and its correction are one original: references to either count against the sale, and are measured by the
content that stands.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledger.drafts import DraftLine
from pos.contract import Event, LineItem

RETURN: Final = "RETURN"
VOID: Final = "VOID"
CORRECTION: Final = "CORRECTION"
TIP_ADJUST: Final = "TIP_ADJUST"
#: What a reference is counted as, by the type of the event that makes it.
KINDS: Final = {"RETURN": RETURN, "VOID": VOID, "CANCEL": VOID, "CORRECTION": CORRECTION, "TIP_ADJUST": TIP_ADJUST}


@dataclass(frozen=True, slots=True)
class Used:
    """One line's share of a reference: which line (by its id, else empty) and article, how many, for how much."""

    line_id: str
    sku: str
    quantity: Decimal
    amount_minor: int

    @classmethod
    def of(cls, line: LineItem) -> "Used":
        """What a basket line of a return takes from its sale."""
        return cls(line.line_id, line.sku, line.quantity, line.amount_minor)

    @classmethod
    def read(cls, row: list[Any]) -> "Used":
        """From `sale_references.lines`."""
        return cls(str(row[0]), str(row[1]), Decimal(row[2]), int(row[3]))

    def as_row(self) -> list[Any]:
        """For `sale_references.lines`; the quantity as text, which is exact."""
        return [self.line_id, self.sku, str(self.quantity), self.amount_minor]


@dataclass(frozen=True, slots=True)
class Reference:
    """One row of `sale_references`: what an event takes from an original, or (`sign` −1) gives back to it.

    `base_journal_id` is the journal whose content it was made of.
    """

    original_key: str
    kind: str
    sign: int
    amount_minor: int
    base_journal_id: int
    lines: tuple[Used, ...] = ()


@dataclass(slots=True)
class Usage:
    """Everything that counts against one original: how often and for how much, by kind, and its lines.

    Not `is_counted`: nobody asks how much is left.
    """

    number: Counter[str] = field(default_factory=Counter)
    amount: Counter[str] = field(default_factory=Counter)
    quantities: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_counted: bool = True

    def plus(self, reference: Reference) -> "Usage":
        """With one more; this one stays as it is."""
        usage = Usage(
            Counter(self.number), Counter(self.amount), dict(self.quantities), Counter(self.amounts), self.is_counted
        )
        usage.add(reference)
        return usage

    def add(self, reference: Reference) -> None:
        """Count one more."""
        self.number[reference.kind] += reference.sign
        self.amount[reference.kind] += reference.amount_minor
        for used in reference.lines:
            for place in places_of(used.line_id, used.sku):
                taken = self.quantities.get(place, Decimal(0))
                self.quantities[place] = taken + reference.sign * used.quantity
                self.amounts[place] += reference.sign * used.amount_minor


@dataclass(frozen=True, slots=True)
class Figures:
    """`sales` from `sign` on, in the order in which the SQL functions read them."""

    sign: int = 1
    sales_count: int = 0
    returns_count: int = 0
    items: int = 0
    gross_minor: int = 0
    returns_minor: int = 0
    discounts_minor: int = 0
    tax_minor: int = 0
    tips_minor: int = 0
    service_minor: int = 0
    liabilities_minor: int = 0
    total_minor: int = 0
    cash_minor: int = 0
    card_minor: int = 0
    external_minor: int = 0
    gift_card_minor: int = 0
    store_credit_minor: int = 0
    house_account_minor: int = 0

    @property
    def parts(self) -> int:
        """What the parts come to: the total."""
        given = self.gross_minor - self.returns_minor - self.discounts_minor
        return given + self.tax_minor + self.tips_minor + self.service_minor + self.liabilities_minor

    def undone(self) -> "Figures":
        """Of a journal that undoes this one."""
        sign, *rest = astuple(self)
        return Figures(sign, *(-value for value in rest))


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


def places_of(line_id: str, sku: str) -> Iterator[tuple[str, str]]:
    """What a line is counted under: its article, and itself when it has an id."""
    yield "sku", sku
    if line_id:
        yield "line", line_id


def sold_of(event: Event) -> tuple[Mapping[tuple[str, str], Decimal], Mapping[tuple[str, str], int]]:
    """Quantities and amounts of a basket, by line and article."""
    quantities: dict[tuple[str, str], Decimal] = {}
    amounts: Counter[tuple[str, str]] = Counter()
    for line in event.lines:
        for place in places_of(line.line_id, line.sku):
            quantities[place] = quantities.get(place, Decimal(0)) + line.quantity
            amounts[place] += line.amount_minor
    return quantities, amounts


def total_of(event: Event) -> int:
    """An event's total: as it says, or lines − discounts + exclusive taxes + tips + service charges."""
    return parts_of(event) if event.total_minor is None else event.total_minor


def parts_of(event: Event) -> int:
    """Lines − discounts + exclusive taxes + tips + service charges, in minor units."""
    return (
        sum(line.amount_minor for line in event.lines)
        - sum(event.discounts_minor)
        + sum(tax.amount_minor for tax in event.taxes if not tax.inclusive)
        + sum(event.tips_minor)
        + sum(event.service_charges_minor)
    )


def usage_of(references: Iterable[Reference]) -> Usage:
    """All of them counted."""
    usage = Usage()
    for reference in references:
        usage.add(reference)
    return usage
