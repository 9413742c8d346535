"""Fill baskets and choose how they are paid. Pure, from a seeded random generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from ledgersafe.simulation.events import money

#: Article and price in minor units.
_ARTICLES: Final = (
    ("ESPRESSO", 250), ("FILTER-COFFEE", 310), ("CROISSANT", 195), ("SANDWICH", 645), ("JUICE", 399),
    ("BEANS-250G", 1290), ("BEANS-1KG", 3999), ("MUG", 1450), ("GRINDER", 8900), ("TEA-TIN", 1175),
)  # fmt: skip
_TAX_PERCENT: Final = 8
_PROCESSORS: Final = ("stripe", "adyen")
#: Ways to pay, in percent.
_WAYS: Final = (("CASH", 38), ("CARD", 44), ("SPLIT", 11), ("GIFT_CARD", 3), ("STORE_CREDIT", 2), ("HOUSE_ACCOUNT", 2))


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines, discount, tips and tenders; amounts in minor units."""

    lines: tuple[tuple[str, int, int], ...]
    discount: int
    tips: int
    tenders: tuple[tuple[str, int, str], ...]

    @property
    def gross(self) -> int:
        """The sum of the lines."""
        return sum(amount for _, _, amount in self.lines)

    @property
    def tax(self) -> int:
        """The tax on lines less discount, rounded half up."""
        return ((self.gross - self.discount) * _TAX_PERCENT * 2 + 100) // 200

    @property
    def total(self) -> int:
        """The amount due."""
        return self.gross - self.discount + self.tax + self.tips

    @property
    def card(self) -> int:
        """The amount paid by card."""
        return sum(amount for method, amount, _ in self.tenders if method == "CARD")

    def fields(self) -> dict[str, Any]:
        """Return the basket's fields of an event."""
        return {
            "total_amount": money(self.total),
            "line_items": [
                {"line_id": str(number), "sku": sku, "qty": quantity, "amount": money(amount)}
                for number, (sku, quantity, amount) in enumerate(self.lines, 1)
            ],
            "tax_lines": [{"code": "VAT", "rate": f"0.0{_TAX_PERCENT}", "amount": money(self.tax)}],
            **({"discounts": [{"code": "LOYALTY", "amount": money(self.discount)}]} if self.discount else {}),
            **({"tips": [{"amount": money(self.tips)}]} if self.tips else {}),
            "tenders": tender_fields(self.tenders),
        }

    def effects(self, direction: int = 1) -> dict[str, int]:
        """Return the basket's effects by columns of `daily_sales`; direction -1 undoes it."""
        sums = {
            "gross_minor": self.gross,
            "discounts_minor": self.discount,
            "tax_minor": self.tax,
            "tips_minor": self.tips,
            "total_minor": self.total,
        } | tender_effects(self.tenders)
        return {name: direction * value for name, value in sums.items()}


def tender_fields(tenders: Sequence[tuple[str, int, str]]) -> list[dict[str, str]]:
    """Return tenders as an event has them."""
    return [
        {"method": method, "amount": money(amount)} | ({"processor": processor} if processor else {})
        for method, amount, processor in tenders
    ]


def tender_effects(tenders: Sequence[tuple[str, int, str]], direction: int = 1) -> dict[str, int]:
    """Return the effects of tenders by columns of `daily_sales`."""
    sums: dict[str, int] = {}
    for method, amount, _ in tenders:
        name = f"{method.lower()}_minor"
        sums[name] = sums.get(name, 0) + direction * amount
    return sums


def fill(random: Random) -> Basket:
    """Make a basket of one to five lines, paid in one of the usual ways."""
    lines = tuple(_line(random) for _ in range(random.choice((1, 1, 2, 2, 3, 5))))
    gross = sum(amount for _, _, amount in lines)
    discount = gross // 10 if random.random() < 0.15 else 0
    way = random.choices([way for way, _ in _WAYS], [often for _, often in _WAYS])[0]
    tips = random.choice((100, 200, 350)) if way == "CARD" and random.random() < 0.3 else 0
    unpaid = Basket(lines, discount, tips, ())
    return paid(random, unpaid, way)


def paid(random: Random, basket: Basket, way: str) -> Basket:
    """Add tenders of the given way to a basket."""
    due, processor = basket.total, random.choice(_PROCESSORS)
    if way == "SPLIT":
        cash = due // 3
        tenders: tuple[tuple[str, int, str], ...] = (("CASH", cash, ""), ("CARD", due - cash, processor))
    else:
        tenders = ((way, due, processor if way == "CARD" else ""),)
    return Basket(basket.lines, basket.discount, basket.tips, tenders)


def _line(random: Random) -> tuple[str, int, int]:
    sku, price = random.choice(_ARTICLES)
    quantity = random.choice((1, 1, 1, 2, 3))
    return sku, quantity, price * quantity
