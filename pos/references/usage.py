"""What events about another event use of it: references, and their sum. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pos.contract.event import LineItem

RETURN: Final = "RETURN"
VOID: Final = "VOID"
CORRECTION: Final = "CORRECTION"
TIP_ADJUST: Final = "TIP_ADJUST"
#: What a reference is counted as, by the type of the event that makes it.
KINDS: Final = {"RETURN": RETURN, "VOID": VOID, "CANCEL": VOID, "CORRECTION": CORRECTION, "TIP_ADJUST": TIP_ADJUST}


@dataclass(frozen=True, slots=True)
class UsedLine:
    """One line's share of a reference: which line (by its id, else empty) and article, how many, for how much."""

    line_id: str
    sku: str
    quantity: Decimal
    amount_minor: int

    @classmethod
    def of(cls, line: LineItem) -> "UsedLine":
        """What a basket line of a return takes from its sale."""
        return cls(line.line_id, line.sku, line.quantity, line.amount_minor)

    @classmethod
    def read(cls, row: list[Any]) -> "UsedLine":
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
    lines: tuple[UsedLine, ...] = ()


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
            for place in usage_keys_of(used.line_id, used.sku):
                taken = self.quantities.get(place, Decimal(0))
                self.quantities[place] = taken + reference.sign * used.quantity
                self.amounts[place] += reference.sign * used.amount_minor


def usage_keys_of(line_id: str, sku: str) -> Iterator[tuple[str, str]]:
    """What a line is counted under: its article, and itself when it has an id."""
    yield "sku", sku
    if line_id:
        yield "line", line_id


def usage_of(references: Iterable[Reference]) -> Usage:
    """All of them counted."""
    usage = Usage()
    for reference in references:
        usage.add(reference)
    return usage
