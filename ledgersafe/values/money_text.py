"""Format money for pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledgersafe.values.money import to_decimal_text


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency; `text` is for people, `absolute` omits the sign."""

    minor: int
    currency: str

    @property
    def text(self) -> str:
        """The amount with its sign."""
        return grouped(self.minor, self.currency)

    @property
    def absolute(self) -> str:
        """The amount without its sign, for a column that gives the side."""
        return grouped(abs(self.minor), self.currency)


def grouped(minor: int, currency: str) -> str:
    """Format an amount with thousands separators and a true minus: -123456 USD → `−1,234.56`."""
    sign, text = ("−" if minor < 0 else ""), to_decimal_text(abs(minor), currency)
    whole, point, rest = text.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def pair(debit: int, credit: int, currency: str) -> tuple[Money, Money]:
    """Return the two sides of a balance as money."""
    return Money(debit, currency), Money(credit, currency)


def totals_of(amounts: Iterable[tuple[str, int]]) -> list[tuple[Money, Money]]:
    """Add up signed amounts into (debits, credits) per currency."""
    sums: dict[str, list[int]] = {}
    for currency, minor in amounts:
        sides = sums.setdefault(currency, [0, 0])
        sides[0 if minor > 0 else 1] += abs(minor)
    return [pair(debit, credit, currency) for currency, (debit, credit) in sorted(sums.items())]
