"""Balances as book-keepers write them: an amount and the side it stands on, see docs/balances.md."""

from dataclasses import dataclass
from typing import Final

from ledger.models import AccountType
from ledgersafe.values.money_text import grouped

#: What reduces revenue stands in debit, where revenue stands in credit.
_CONTRA: Final = frozenset({"RETURNS", "DISCOUNTS", "COMPS"})
#: Accounts that go from one side to the other, and are as they should be on either.
_EITHER: Final = frozenset({"FX_CLEARING", "SUSPENSE", "ROUNDING", "OVER_SHORT", "FX_GAIN_LOSS"})


def usual_side(account_type: str, role: str = "") -> int:
    """Where such an account's balance usually stands: 1 in debit, -1 in credit, 0 on either side. Pure."""
    if role in _EITHER:
        return 0
    side = 1 if account_type in (AccountType.ASSET, AccountType.EXPENSE) else -1
    return -side if role in _CONTRA else side


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
