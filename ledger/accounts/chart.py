"""The default chart of accounts: the roles of the posting rules, and the account that each role opens.

Roles are fixed; a tenant may change codes and names of its accounts. The first posting that needs an account opens it:
one per role, qualifier (which drawer, processor or tax) and currency.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.models import AccountType

ASSET, LIABILITY, EQUITY, REVENUE, EXPENSE = (
    AccountType.ASSET,
    AccountType.LIABILITY,
    AccountType.EQUITY,
    AccountType.REVENUE,
    AccountType.EXPENSE,
)


@dataclass(frozen=True, slots=True)
class Role:
    """Default code, name and type of a role's accounts."""

    code: str
    name: str
    type: AccountType


ROLES: Final[dict[str, Role]] = {
    "DRAWER": Role("DRAWER", "Cash drawer", ASSET),
    "SAFE": Role("SAFE", "Safe", ASSET),
    "CASH_IN_TRANSIT": Role("CASH-IN-TRANSIT", "Cash in transit", ASSET),
    "BANK": Role("BANK", "Bank", ASSET),
    "CARD_CLEARING": Role("CARD-CLEARING", "Card clearing", ASSET),
    "EXTERNAL_CLEARING": Role("EXTERNAL-CLEARING", "External tender clearing", ASSET),
    "HOUSE_ACCOUNTS": Role("HOUSE-ACCOUNTS", "House accounts receivable", ASSET),
    "SUSPENSE": Role("SUSPENSE", "Suspense", ASSET),
    "FX_CLEARING": Role("FX:CLEAR", "FX clearing", ASSET),
    "SALES_TAX": Role("SALES-TAX", "Sales tax payable", LIABILITY),
    "TIPS_PAYABLE": Role("TIPS-PAYABLE", "Tips payable", LIABILITY),
    "GIFT_CARDS": Role("GIFT-CARDS", "Gift cards", LIABILITY),
    "STORE_CREDIT": Role("STORE-CREDIT", "Store credit", LIABILITY),
    "CUSTOMER_DEPOSITS": Role("CUSTOMER-DEPOSITS", "Customer deposits", LIABILITY),
    "SALES": Role("SALES", "Sales", REVENUE),
    "SERVICE_CHARGES": Role("SERVICE-CHARGES", "Service charges", REVENUE),
    "RETURNS": Role("RETURNS", "Returns", REVENUE),
    "DISCOUNTS": Role("DISCOUNTS", "Discounts", REVENUE),
    "COMPS": Role("COMPS", "Comps", REVENUE),
    "ROUNDING": Role("ROUNDING", "Cash rounding", EXPENSE),
    "PROCESSOR_FEES": Role("PROCESSOR-FEES", "Processor fees", EXPENSE),
    "OVER_SHORT": Role("OVER-SHORT", "Cash over/short", EXPENSE),
    "PETTY_EXPENSE": Role("PETTY-EXPENSE", "Petty expense", EXPENSE),
    "CHARGEBACK_LOSS": Role("CHARGEBACK-LOSS", "Chargeback loss", EXPENSE),
    "FX_GAIN_LOSS": Role("FX-GAIN-LOSS", "FX gain/loss", EXPENSE),
    "GIFT_CARD_BREAKAGE": Role("GIFT-CARD-BREAKAGE", "Gift-card breakage", REVENUE),
    "OPENING_EQUITY": Role("OPENING-EQUITY", "Opening float equity", EQUITY),
}


class AccountRef(NamedTuple):
    """An account as posting rules name it: role, currency, and the qualifier that tells accounts of one role apart."""

    role: str
    currency: str
    qualifier: str = ""

    @property
    def code(self) -> str:
        """The account's default code, e.g. `DRAWER:store-1/till-2:USD`."""
        return ":".join(part for part in (ROLES[self.role].code, self.qualifier, self.currency) if part)

    @property
    def name(self) -> str:
        """The account's default name, e.g. `Cash drawer store-1/till-2`."""
        return f"{ROLES[self.role].name} {self.qualifier}".strip()


@lru_cache(maxsize=1 << 13)
def account_of(role: str, currency: str, qualifier: str = "") -> AccountRef:
    """Return one shared `AccountRef` per account: rules name the same few accounts again and again."""
    return AccountRef(role, currency, qualifier)


@lru_cache(maxsize=1 << 13)
def qualified(*codes: str) -> str:
    """Join codes from outside into one unambiguous qualifier: `/`, `:` and `%` are escaped."""
    return "/".join(code.replace("%", "%25").replace("/", "%2F").replace(":", "%3A") for code in codes)
