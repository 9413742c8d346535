"""What a journal of an event is made of: lines, tenders, taxes, signed as its header is. Pure.

The event is the one the journal was made of; what a return or a tip leaves to its sale is filled in by the functions
that posted it. A journal that undoes another one has that one's content with the opposite sign.
"""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from ledgersafe.tenants.event_types import SELLING
from pos.contract import Event, Hold, LineItem, TaxLine, Tender
from pos.references import total_of
from pos.rules import content_of, tenders_of, tip_charged

_BASKETS: Final = SELLING | {"RETURN"}


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


def _known(sale: Event | None, kind: str) -> Event:
    if sale is None:
        raise Unreadable(f"The sale this {kind} is about cannot be read.")
    return sale
