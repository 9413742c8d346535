"""The event types of the wire contract: one table, from which every other list of them is made. Pure.

Source: the customer's contract, section "Events". How to add a type: docs/adding/event-type.md.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Group(Enum):
    """What a type does to the books."""

    SALE = "sale"
    ABOUT_ANOTHER = "about another event"
    CASH = "cash move"
    NOTHING = "moves no money"


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type.

    :ivar name: on the wire, and the kind of its journal; at most 16 characters, the width of `sales.event_type`.
    :ivar meaning: one sentence for people who set up a shop and have not read the contract.
    :ivar label: on receipts and in lists of sales.
    :ivar flow: its cash in a drawer's reports, a `ledger.models.FlowType`; empty: it moves no cash. The SQL function
        `ledger_flow_type_v1` says the same; a type it does not name is a CORRECTION.
    :ivar sells: its basket is a sale, which counts as one, may be returned, and may be paid in foreign currencies.
    """

    name: str
    meaning: str
    label: str
    group: Group
    flow: str
    sells: bool = False


TABLE: Final = (
    EventType("SALE", "Goods sold, with taxes, discounts, tips and tenders.", "Sale", Group.SALE, "SALE", sells=True),
    EventType("RETURN", "Goods brought back, money paid back.", "Return", Group.ABOUT_ANOTHER, "REFUND"),
    EventType("VOID", "A sale undone before the customer left.", "Void", Group.ABOUT_ANOTHER, "CORRECTION"),
    EventType("CANCEL", "A sale given up before it was paid.", "Cancel", Group.ABOUT_ANOTHER, "CORRECTION"),
    EventType("CORRECTION", "An earlier event put right.", "Correction", Group.ABOUT_ANOTHER, "CORRECTION", sells=True),
    EventType("PAID_IN", "Cash put into the drawer, not from a sale.", "Paid in", Group.CASH, "CASH_IN"),
    EventType("PAID_OUT", "Cash taken out of the drawer for an expense.", "Paid out", Group.CASH, "CASH_OUT"),
    EventType("PAYOUT", "Money paid out, such as winnings or a refund without goods.", "Payout", Group.CASH, "PAYOUT"),
    EventType("CASH_DROP", "Cash moved from the drawer to the safe.", "Cash drop", Group.CASH, "DROP"),
    EventType("TIP_ADJUST", "A tip added or changed after the sale.", "Tip", Group.ABOUT_ANOTHER, ""),
    EventType("NO_SALE", "The drawer opened without a sale.", "No sale", Group.NOTHING, ""),
)

#: Names in the order people read them: pages, files and new tenants keep it.
NAMES: Final = tuple(kind.name for kind in TABLE)
BY_NAME: Final = {kind.name: kind for kind in TABLE}
SELLING: Final = frozenset(kind.name for kind in TABLE if kind.sells)


def names_of(*groups: Group) -> frozenset[str]:
    """Names of the types in these groups."""
    return frozenset(kind.name for kind in TABLE if kind.group in groups)


def label_of(name: str) -> str:
    """A type, or another kind of journal or reference, as people say it."""
    return BY_NAME[name].label if name in BY_NAME else name.capitalize()
