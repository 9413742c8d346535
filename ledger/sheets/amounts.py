"""Money as the pages of the books show it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.chart import usual_side
from ledgersafe.money import to_decimal_text


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of a currency; `text` is what people read, without sign when it stands on a side of its own."""

    minor: int
    currency: str

    @property
    def text(self) -> str:
        return grouped(self.minor, self.currency)

    @property
    def absolute(self) -> str:
        return grouped(abs(self.minor), self.currency)


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance as book-keepers read it: the amount and its side, `4,069.40 Cr`. Nothing has no side.

    Inside and on the API debit is positive; on the pages no balance has a sign.
    """

    minor: int
    currency: str
    type: str
    role: str = ""

    @property
    def text(self) -> str:
        return sided(self.minor, self.currency)

    @property
    def absolute(self) -> str:
        """For a column that is a side already."""
        return grouped(abs(self.minor), self.currency)

    @property
    def is_unusual(self) -> bool:
        return self.minor * usual_side(self.type, self.role) < 0

    @property
    def remark(self) -> str:
        """Why the side is worth a look; empty when it is the usual one."""
        usual = "debit" if usual_side(self.type, self.role) > 0 else "credit"
        return f"The balance of an account like this is usually in {usual}." if self.is_unusual else ""


def sided(minor: int, currency: str, *, named: bool = False) -> str:
    """An amount and its side, debit positive: `4,069.40 Cr`, or `4,069.40 USD Cr` where rows differ in currency."""
    side = "Dr" if minor > 0 else "Cr" if minor < 0 else ""
    return " ".join(filter(None, (grouped(abs(minor), currency), currency if named else "", side)))


def grouped(minor: int, currency: str) -> str:
    """Decimal text with thousands apart and a real minus: -123456 USD → `−1,234.56`."""
    sign, text = ("−" if minor < 0 else ""), to_decimal_text(abs(minor), currency)
    whole, point, rest = text.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def pair(debit: int, credit: int, currency: str) -> tuple[Money, Money]:
    return Money(debit, currency), Money(credit, currency)


def totals_of(amounts: Iterable[tuple[str, int]]) -> list[tuple[Money, Money]]:
    """(debits, credits) per currency."""
    sums: dict[str, list[int]] = {}
    for currency, minor in amounts:
        sides = sums.setdefault(currency, [0, 0])
        sides[0 if minor > 0 else 1] += abs(minor)
    return [pair(debit, credit, currency) for currency, (debit, credit) in sorted(sums.items())]
