"""Figures of a sale header. Pure."""

from typing import NamedTuple


class Figures(NamedTuple):
    """The columns of `sales` from `sign` on, in column order: SQL functions read them by position.

    The figures of a day are `pos.reports.daily_sales.SalesFigures`. How to add one: docs/adding/figure.md.
    """

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

    def undone(self) -> "Figures":
        """Negate the figures, for the journal that undoes this one."""
        sign, *rest = self
        return Figures(sign, *(-value for value in rest))
