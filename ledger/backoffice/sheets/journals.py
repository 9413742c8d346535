"""Read the page of a journal: its postings, its T-accounts, and the other journals of its source."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Sum

from ledger.models import Account, Journal, Posting
from ledgersafe.values.money_text import Money, totals_of


def turnovers(journal_ids: Collection[int]) -> dict[int, list[Money]]:
    """Return the debits of journals by id, one sum per currency."""
    rows = Posting.objects.filter(journal_id__in=journal_ids, amount_minor__gt=0).values_list("journal_id", "currency")
    debits_by_journal: dict[int, list[Money]] = {}
    for journal_id, currency, minor in rows.annotate(debits=Sum("amount_minor")).order_by("journal_id", "currency"):
        debits_by_journal.setdefault(journal_id, []).append(Money(int(minor), currency))
    return debits_by_journal


def reversals_of(tenant_ids: Collection[int], journal_ids: Collection[int]) -> dict[int, int]:
    """Return reversal ids by the id of the reversed journal."""
    rows = Journal.objects.filter(tenant_id__in=tenant_ids, reverses_id__in=journal_ids)
    return dict(rows.values_list("reverses_id", "id"))


@dataclass(frozen=True, slots=True)
class TAccount:
    """An account of a journal with its debits and credits."""

    account: Account
    debits: list[Money] = field(default_factory=list)
    credits: list[Money] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JournalSheet:
    """The contents of a journal's page."""

    lines: Sequence[Posting]
    taccounts: Sequence[TAccount]
    #: (debits, credits) per currency; equal, or the books are broken.
    totals: Sequence[tuple[Money, Money]]
    #: All journals of the same source and key, oldest first, this one included.
    family: Sequence[Journal]
    turnovers: dict[int, list[Money]]
    reversed_by: int | None


def journal_sheet(journal: Journal) -> JournalSheet:
    """Read the page of one journal. Four statements."""
    lines = list(Posting.objects.filter(journal=journal).select_related("account").order_by("line_no"))
    own = Journal.objects.filter(tenant_id=journal.tenant_id)
    effective = list(own.filter(source=journal.source, source_key=journal.source_key, reverses__isnull=True))
    reversals = list(own.filter(reverses_id__in=[row.id for row in effective]))
    family = sorted([*effective, *reversals], key=lambda row: row.id)
    return JournalSheet(
        lines=lines,
        taccounts=_taccounts(lines),
        totals=totals_of((line.currency, line.amount_minor) for line in lines),
        family=family,
        turnovers=turnovers([row.id for row in family]),
        reversed_by=next((row.id for row in reversals if row.reverses_id == journal.id), None),
    )


def _taccounts(lines: Iterable[Posting]) -> list[TAccount]:
    by_account: dict[int, TAccount] = {}
    for line in lines:
        account = by_account.setdefault(line.account_id, TAccount(line.account))
        side = account.debits if line.amount_minor > 0 else account.credits
        side.append(Money(line.amount_minor, line.currency))
    return list(by_account.values())
