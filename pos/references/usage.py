"""References of events to an original, and their sum: its usage. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pos.contract import LineItem

RETURN: Final = "RETURN"
VOID: Final = "VOID"
CORRECTION: Final = "CORRECTION"
TIP_ADJUST: Final = "TIP_ADJUST"
#: Event types about another event, and the kind of reference each makes.
KINDS: Final = {"RETURN": RETURN, "VOID": VOID, "CANCEL": VOID, "CORRECTION": CORRECTION, "TIP_ADJUST": TIP_ADJUST}


@dataclass(frozen=True, slots=True)
class UsedLine:
    """A line's share of a reference: line id (empty when the till gives none), article, quantity, minor units."""

    line_id: str
    sku: str
    quantity: Decimal
    amount_minor: int

    @classmethod
    def from_line(cls, line: LineItem) -> "UsedLine":
        """Take a basket line of a return off its sale."""
        return cls(line.line_id, line.sku, line.quantity, line.amount_minor)

    @classmethod
    def from_row(cls, row: list[Any]) -> "UsedLine":
        """Decode an element of `sale_references.lines`."""
        return cls(str(row[0]), str(row[1]), Decimal(row[2]), int(row[3]))

    def as_row(self) -> list[Any]:
        """Encode an element of `sale_references.lines`; the quantity as text, which is exact."""
        return [self.line_id, self.sku, str(self.quantity), self.amount_minor]


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of `sale_references`: an event takes from an original, or (`sign` −1) gives back to it.

    :ivar amount_minor: in minor units of the original's currency; negative where it is given back, or a tip is lowered.
    :ivar base_journal_id: the journal whose content it was made of.
    """

    original_key: str
    kind: str
    sign: int
    amount_minor: int
    base_journal_id: int
    lines: tuple[UsedLine, ...] = ()


@dataclass(slots=True)
class Usage:
    """Everything that counts against one original: number and amount by kind, quantities and amounts by line.

    :ivar is_counted: False where nobody asks how much is left, as when history is derived again.
    """

    number: Counter[str] = field(default_factory=Counter)
    amount: Counter[str] = field(default_factory=Counter)
    quantities: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_counted: bool = True

    def plus(self, reference: Reference) -> "Usage":
        """Return this usage and one reference more; this one stays as it is."""
        usage = Usage(
            Counter(self.number), Counter(self.amount), dict(self.quantities), Counter(self.amounts), self.is_counted
        )
        usage.add(reference)
        return usage

    def add(self, reference: Reference) -> None:
        """Count one reference more."""
        self.number[reference.kind] += reference.sign
        self.amount[reference.kind] += reference.amount_minor
        for line in reference.lines:
            for key in usage_keys_of(line.line_id, line.sku):
                taken = self.quantities.get(key, Decimal(0))
                self.quantities[key] = taken + reference.sign * line.quantity
                self.amounts[key] += reference.sign * line.amount_minor


def usage_keys_of(line_id: str, sku: str) -> Iterator[tuple[str, str]]:
    """List the keys a line is counted under: its article, and the line itself when it has an id."""
    yield "sku", sku
    if line_id:
        yield "line", line_id


def usage_of(references: Iterable[Reference]) -> Usage:
    """Count references."""
    usage = Usage()
    for reference in references:
        usage.add(reference)
    return usage
