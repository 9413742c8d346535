"""What a journal of an event is made of: lines, tenders, taxes, signed as its header is. Pure.

The event is the one the journal was made of; what a return or a tip leaves to its sale is filled in by the functions
that posted it. A journal that undoes another one has that one's content with the opposite sign.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from pos.contract import Event, Hold, LineItem, TaxLine, Tender
from pos.headers import Figures
from pos.originals import total_of
from pos.return_content import content_of
from pos.rules import LIABILITY_LINES, tenders_of
from pos.rules_referring import tip_charged

_BASKETS: Final = frozenset({"SALE", "CORRECTION", "RETURN"})


@dataclass(frozen=True, slots=True)
class Content:
    """Lines, tenders and taxes; `is_return`: of goods brought back. A move of cash has none of them."""

    lines: tuple[LineItem, ...] = ()
    tenders: tuple[Tender, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    is_return: bool = False

    def times(self, sign: int) -> "Content":
        """With every quantity and amount turned round when the sign is −1."""
        if sign == 1:
            return self
        return Content(
            tuple(replace(line, quantity=-line.quantity, amount_minor=-line.amount_minor) for line in self.lines),
            tuple(replace(tender, amount_minor=-tender.amount_minor) for tender in self.tenders),
            tuple(replace(tax, amount_minor=-tax.amount_minor) for tax in self.taxes),
            self.is_return,
        )


class Unreadable(Exception):
    """Why a journal's content cannot be told, for people."""


def content_made_of(event: Event, sale: Event | None, sign: int) -> Content:
    """The content of a journal that an event made, or (`sign` −1) of the one that undoes it.

    :param sale: of an event about a sale, that sale as it stood then.
    :raises Unreadable: it is about a sale, and that is not to be had; or it would not be posted as it is.
    """
    kind = event.event_type
    if kind == "TIP_ADJUST":
        tip = tip_charged(event, _known(sale, kind))
        return Content(tenders=(tip,) if tip else ()).times(sign)
    if kind not in _BASKETS:
        return Content()
    content: Event | Hold = content_of(event, _known(sale, kind)) if kind == "RETURN" else event
    if isinstance(content, Hold):
        raise Unreadable(f"{content.reason_code}: {content.message}")
    paid = tuple(tender for tender in tenders_of(content, total_of(content)) if event.tenders or tender.amount_minor)
    is_return = kind == "RETURN"
    return Content(content.lines, paid, content.taxes, is_return).times(-sign if is_return else sign)


def disagreement(content: Content, currency: str, figures: Figures, *, is_tip: bool) -> str | None:
    """What of a header its content does not come to, or None. The same is asked by Postgres when rows are written.

    :param currency: the header's; what was paid in another one is in none of its figures.
    :param is_tip: of a TIP_ADJUST, whose header counts neither sales nor returns.
    """
    basket = bool(figures.sales_count or figures.returns_count)
    inclusive = _sum(content.taxes, lambda tax: tax.inclusive)
    owed = _sum(content.lines, lambda line: line.category in LIABILITY_LINES)
    goods = _sum(content.lines, lambda line: line.category not in LIABILITY_LINES)

    def paid(*methods: str) -> int:
        return _sum(content.tenders, lambda tender: tender.method in methods and tender.currency == currency)

    compared = {
        "tax": (_sum(content.taxes), figures.tax_minor),
        "card": (paid("CARD"), figures.card_minor),
        "external": (paid("EXTERNAL"), figures.external_minor),
        "house account": (paid("HOUSE_ACCOUNT"), figures.house_account_minor),
        "gift cards and store credit": (
            paid("GIFT_CARD", "STORE_CREDIT") - owed,
            figures.gift_card_minor + figures.store_credit_minor - figures.liabilities_minor,
        ),
    }
    if basket or is_tip:
        compared["cash"] = paid("CASH"), figures.cash_minor
    if content.lines:
        compared["goods"] = goods - inclusive, figures.gross_minor - figures.returns_minor
    if basket and figures.items:
        compared["lines"] = len(content.lines), abs(figures.items)
    wrong = [f"{name} {found} for {booked}" for name, (found, booked) in compared.items() if found != booked]
    return f"Its header says otherwise: {', '.join(wrong)}." if wrong else None


def _known(sale: Event | None, kind: str) -> Event:
    if sale is None:
        raise Unreadable(f"The sale this {kind} is about cannot be read.")
    return sale


def _sum(parts: Iterable[Any], wanted: Callable[[Any], bool] = lambda _: True) -> int:
    return sum(part.amount_minor for part in parts if wanted(part))
