"""A header's figures: what one journal of an event comes to. Pure."""

from typing import Final, NamedTuple


class Figures(NamedTuple):
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

    def with_total(self, total: int) -> "Figures":
        """With another total; `_replace` would take longer than all the rest of a header."""
        return Figures._make((*self[:_TOTAL], total, *self[_TOTAL + 1 :]))

    def undone(self) -> "Figures":
        """Of a journal that undoes this one."""
        sign, *rest = self
        return Figures(sign, *(-value for value in rest))


_TOTAL: Final = Figures._fields.index("total_minor")
