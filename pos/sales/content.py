"""Derive the lines, tenders and taxes of a journal from its event, signed as its header. Pure.

Fields that a return or tip leaves to its sale are filled in by the functions that posted it. A reversing journal has
the content of the journal it reverses, with the opposite sign.
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
    """Lines, tenders and taxes of one journal. `is_return`: goods were brought back. Cash movements are empty."""

    lines: tuple[LineItem, ...] = ()
    tenders: tuple[Tender, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    is_return: bool = False

    def times(self, sign: int) -> "Content":
        """Return the content with quantities and amounts multiplied by 1 or −1."""
        if sign == 1:
            return self
        return Content(
            tuple(replace(line, quantity=-line.quantity, amount_minor=-line.amount_minor) for line in self.lines),
            tuple(replace(tender, amount_minor=-tender.amount_minor) for tender in self.tenders),
            tuple(replace(tax, amount_minor=-tax.amount_minor) for tax in self.taxes),
            self.is_return,
        )


class Unreadable(Exception):
    """The content of a journal cannot be derived; the message is for people."""


def content_made_of(event: Event, sale: Event | None, sign: int) -> Content:
    """Derive the content of the journal an event made, or, with `sign` −1, of the journal that reverses it.

    :param sale: the sale a RETURN or TIP_ADJUST refers to, as it stood when that was posted; None otherwise.
    :raises Unreadable: the sale is missing, or the rules would hold the event today.
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
