"""Refusals of the books and the drawers: expected answers with a code and a message for people.

* `books`: journals, days, accounts; and `refusal_of`, which turns a guard's error in Postgres into its refusal.
* `drawers`: cash drawers.
"""

from ledger.refusals.books import (
    AccountNotActive,
    AlreadyReversed,
    BeforeBooksStart,
    DayClosed,
    FloorReached,
    NotReversible,
    refusal_of,
)  # fmt: skip
from ledger.refusals.drawers import (
    ApprovalRequired,
    BlindCount,
    CurrencyMismatch,
    DrawerAlreadyOpen,
    DrawerClosed,
    ExceedsOriginal,
    NotClosedYet,
    NotesRequired,
)  # fmt: skip

__all__ = [
    "AccountNotActive", "AlreadyReversed", "ApprovalRequired", "BeforeBooksStart", "BlindCount",
    "CurrencyMismatch", "DayClosed", "DrawerAlreadyOpen", "DrawerClosed", "ExceedsOriginal", "FloorReached",
    "NotClosedYet", "NotReversible", "NotesRequired", "refusal_of",
]  # fmt: skip
