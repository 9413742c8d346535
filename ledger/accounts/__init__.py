"""The chart of accounts: the accounts of posting rules, and how accounts are opened, changed and read.

In: account references of a posting rule, or requests of the API. Out: account ids, or rows of `Account`.

* `chart`: roles, their default codes, and references to accounts. Pure.
* `opening`: opens missing accounts of a posting, in the caller's transaction.
* `changes`: the use cases open and change; each runs its own transaction and writes the audit trail.
* `requests`: read bodies into values; its `Problems` serve the other rooms of the ledger, too.
* `queries`: read accounts and their versions.
"""

from ledger.accounts.changes import BelowFloor, CodeTaken, NotEmpty, change_account, open_account
from ledger.accounts.chart import ROLES, AccountRef, Role, account_of, qualified
from ledger.accounts.opening import find_or_open
from ledger.accounts.queries import AccountFilter, account_at, get_account, list_accounts, list_versions
from ledger.accounts.requests import FIXED, MAX_CODE, AccountChanges, InvalidRequest, NewAccount, Problems, read_amount

__all__ = [
    "FIXED", "MAX_CODE", "ROLES", "AccountChanges", "AccountFilter", "AccountRef", "BelowFloor", "CodeTaken",
    "InvalidRequest", "NewAccount", "NotEmpty", "Problems", "Role", "account_at", "account_of",
    "change_account", "find_or_open", "get_account", "list_accounts", "list_versions", "open_account",
    "qualified", "read_amount",
]  # fmt: skip
