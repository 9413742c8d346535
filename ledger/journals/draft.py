"""A balanced journal on paper, in account roles: the answer of a posting rule, before any account is looked up."""

from collections.abc import Iterable

import msgspec

from ledger.accounts import AccountRef


class UnbalancedDraft(AssertionError):
    """A rule produced lines that do not sum to zero: a bug in the rule, never in the event."""


class DraftLine(msgspec.Struct, frozen=True, gc=False):
    """A line: debit positive, credit negative, in minor units of the account's currency; never zero."""

    account: AccountRef
    amount_minor: int


class JournalDraft(msgspec.Struct, frozen=True, gc=False):
    """A journal's kind and lines; no lines when the event moves no money."""

    kind: str
    lines: tuple[DraftLine, ...]

    @classmethod
    def of(cls, kind: str, lines: Iterable[tuple[AccountRef, int]]) -> "JournalDraft":
        """Merge lines by account, drop accounts that net to zero, and check the sum per currency.

        :param lines: (account, minor units), in any order and number.
        :raises UnbalancedDraft: the lines do not balance.
        """
        by_account: dict[AccountRef, int] = {}
        for account, amount in lines:
            by_account[account] = by_account.get(account, 0) + amount
        sums: dict[str, int] = {}
        for account, amount in by_account.items():
            currency = account.currency
            sums[currency] = sums.get(currency, 0) + amount
        if any(sums.values()):
            raise UnbalancedDraft(f"{kind}: {sums}")
        return cls(kind, tuple([DraftLine(account, amount) for account, amount in by_account.items() if amount]))
