"""Describe the effect of a decision for display: journals, and the change in drawer cash, tax and revenue."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from ledger.accounts import ROLES
from ledger.journals import JournalDraft
from ledger.models import AccountType, Journal, Posting

#: (figure, roles of the accounts it adds up, sign that makes an increase positive).
_FIGURES: Final[tuple[tuple[str, frozenset[str], int], ...]] = (
    ("drawer", frozenset({"DRAWER"}), 1),
    ("tax", frozenset({"SALES_TAX"}), -1),
    ("revenue", frozenset(role for role, row in ROLES.items() if row.type == AccountType.REVENUE), -1),
)

Change = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A posting: debit positive, credit negative, in minor units."""

    code: str
    name: str
    currency: str
    amount_minor: int
    role: str = ""


@dataclass(frozen=True, slots=True)
class PreviewJournal:
    """A journal, written or drafted. `reverses`: the id of the journal it reverses."""

    kind: str
    business_date: date | None
    lines: tuple[PreviewLine, ...]
    reverses: int | None = None
    journal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A version of an event as a choice, with the journals it would post or the reason it cannot be posted."""

    raw_id: int
    payload_hash: str
    disposition: str
    is_first: bool
    stands: bool
    journals: tuple[PreviewJournal, ...] = ()
    change: Change = field(default_factory=dict)
    refusal: str = ""


def change_of(journals: Iterable[PreviewJournal]) -> Change:
    """Sum the change in drawer cash, tax owed and revenue as {figure: {currency: minor units}}, without zeros."""
    change: Change = {name: defaultdict(int) for name, _, _ in _FIGURES}
    for journal in journals:
        for line in journal.lines:
            for name, roles, sign in _FIGURES:
                if line.role in roles:
                    change[name][line.currency] += sign * line.amount_minor
    return {name: {currency: value for currency, value in by.items() if value} for name, by in change.items()}


def written(tenant_id: int, journal_ids: Collection[int]) -> tuple[PreviewJournal, ...]:
    """Read written journals with their lines, in order of id; two statements."""
    rows = Posting.objects.filter(tenant_id=tenant_id, journal_id__in=journal_ids).select_related("account")
    lines: dict[int, list[PreviewLine]] = defaultdict(list)
    for row in rows.order_by("journal_id", "line_no"):
        account = row.account
        lines[row.journal_id].append(
            PreviewLine(account.code, account.name, row.currency, row.amount_minor, account.role)
        )
    journals = Journal.objects.filter(tenant_id=tenant_id, id__in=journal_ids).order_by("id")
    return tuple(PreviewJournal(j.kind, j.business_date, tuple(lines[j.id]), j.reverses_id, j.id) for j in journals)


def drafted(draft: JournalDraft, business_date: date) -> PreviewJournal:
    """Describe a draft that is not written; accounts have the names of the chart."""
    lines = tuple(
        PreviewLine(line.account.code, line.account.name, line.account.currency, line.amount_minor, line.account.role)
        for line in draft.lines
    )
    return PreviewJournal(draft.kind, business_date, lines)


def mirrored(journal: PreviewJournal, business_date: date) -> PreviewJournal:
    """Draft the reversal of a journal in the books."""
    lines = tuple(
        PreviewLine(line.code, line.name, line.currency, -line.amount_minor, line.role) for line in journal.lines
    )
    return PreviewJournal("REVERSAL", business_date, lines, reverses=journal.journal_id)


def as_dict(journal: PreviewJournal, amount: Any) -> Mapping[str, Any]:
    """Render a journal for the API.

    :param amount: turns minor units and a currency into decimal text.
    """
    return {
        "kind": journal.kind,
        "business_date": journal.business_date.isoformat() if journal.business_date else None,
        "reverses": journal.reverses,
        "lines": [
            {
                "account_code": line.code,
                "account_name": line.name,
                "amount": amount(line.amount_minor, line.currency),
                "ccy": line.currency,
            }
            for line in journal.lines
        ],
    }
