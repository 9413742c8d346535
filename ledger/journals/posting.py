"""Writing journals on behalf of a decision: new ones, and reversals. One statement each, however many.

Ingest does not come by here: its journals are written in the call that keeps the arrival. Both end before the same
guards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger.accounts.chart import AccountRef
from ledger.journals.draft import JournalDraft
from ledgersafe.postgres.db import as_jsonb, call, require_transaction


@dataclass(frozen=True, slots=True)
class NewJournal:
    """A journal to be written: its cause (`source`, `source_key`, `revision`), its day and its lines."""

    source: str
    source_key: str
    revision: int
    draft: JournalDraft
    business_date: date
    occurred_at: datetime
    external_ref: str
    rules_version: int
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class JournalReversal:
    """A journal to be mirrored, on a day that is open."""

    journal_id: int
    business_date: date
    occurred_at: datetime
    is_late: bool = False


def post(tenant_id: int, entries: Sequence[NewJournal], account_ids: Mapping[AccountRef, int]) -> list[int]:
    """Write journals; operation. Shares the locks of their days with other posters, against a close.

    :returns: their ids, in order. :raises django.db.IntegrityError: a guard refused; nothing of the set stands.
    """
    require_transaction()
    if not entries:
        return []
    journals = [
        {
            "o": ordinal,
            "date": entry.business_date.isoformat(),
            "at": entry.occurred_at.isoformat(),
            "kind": entry.draft.kind,
            "source": entry.source,
            "key": entry.source_key,
            "rev": entry.revision,
            "ref": entry.external_ref,
            "n": len(entry.draft.lines),
            "rules": entry.rules_version,
            "late": entry.is_late,
        }
        for ordinal, entry in enumerate(entries)
    ]
    lines = [
        {"o": ordinal, "n": number, "a": account_ids[line.account], "c": line.account.currency, "m": line.amount_minor}
        for ordinal, entry in enumerate(entries)
        for number, line in enumerate(entry.draft.lines, 1)
    ]
    return [int(key) for key in call("ledger_post_new_v1", tenant_id, as_jsonb(journals), as_jsonb(lines))]


def reverse(tenant_id: int, reversals: Sequence[JournalReversal]) -> dict[int, int]:
    """Mirror journals, each once; operation. Shares the locks of the days, against a close.

    :returns: the reversal's id by that of the journal. :raises django.db.IntegrityError: as `post`, and when a
        journal was reversed before.
    """
    require_transaction()
    if not reversals:
        return {}
    rows = [
        {
            "journal": reversal.journal_id,
            "date": reversal.business_date.isoformat(),
            "at": reversal.occurred_at.isoformat(),
            "late": reversal.is_late,
        }
        for reversal in reversals
    ]
    written = call("ledger_reverse_v1", tenant_id, as_jsonb(rows))
    return {int(original): int(reversal) for original, reversal in written.items()}
