"""Write balances as book-keepers do: an amount and its side, see docs/balances.md."""

from dataclasses import dataclass
from typing import Final

from ledger.models import AccountType
from ledgersafe.values.money_text import grouped

#: Roles that reduce revenue: their balances are in debit, where revenue is in credit.
_CONTRA: Final = frozenset({"RETURNS", "DISCOUNTS", "COMPS"})
#: Roles whose balances may be on either side.
_EITHER: Final = frozenset({"FX_CLEARING", "SUSPENSE", "ROUNDING", "OVER_SHORT", "FX_GAIN_LOSS"})


def usual_side(account_type: str, role: str = "") -> int:
    """Return the usual side of an account's balance: 1 debit, -1 credit, 0 either. Pure."""
    if role in _EITHER:
        return 0
    side = 1 if account_type in (AccountType.ASSET, AccountType.EXPENSE) else -1
    return -side if role in _CONTRA else side


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance with its side: `4,069.40 Cr`; zero has no side.

    `minor` is debit positive, as on the API; pages show no signs.
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
        """The amount without its side, for a column that is a side already."""
        return grouped(abs(self.minor), self.currency)

    @property
    def is_unusual(self) -> bool:
        return self.minor * usual_side(self.type, self.role) < 0

    @property
    def remark(self) -> str:
        """The remark on an unusual side; empty otherwise."""
        usual = "debit" if usual_side(self.type, self.role) > 0 else "credit"
        return f"Accounts of this kind usually have a {usual} balance." if self.is_unusual else ""


def sided(minor: int, currency: str, *, named: bool = False) -> str:
    """Format minor units, debit positive, with their side: `4,069.40 Cr`; `named` adds the currency before it."""
    side = "Dr" if minor > 0 else "Cr" if minor < 0 else ""
    return " ".join(filter(None, (grouped(abs(minor), currency), currency if named else "", side)))
