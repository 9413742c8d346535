"""Write journals and reversals; one statement each for any number.

Ingest does not use this module: it writes its journals in the call that stores the arrival. The same guards in Postgres
check both ways.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger.accounts import AccountRef
from ledger.journals.draft import JournalDraft
from ledgersafe.postgres.db import as_jsonb, call, require_transaction


@dataclass(frozen=True, slots=True)
class NewJournal:
    """A journal to write: its cause (`source`, `source_key`, `revision`), its day and its lines."""

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
    """The reversal of a journal, on an open day."""

    journal_id: int
    business_date: date
    occurred_at: datetime
    is_late: bool = False


def post(tenant_id: int, journals: Sequence[NewJournal], account_ids: Mapping[AccountRef, int]) -> list[int]:
    """Write journals; operation. Shares the locks of their days with other posters, against a concurrent close.

    :param account_ids: the id of every account in the drafts.
    :returns: journal ids, in the order of the journals.
    :raises django.db.IntegrityError: a guard refused one journal; none is written.
    """
    require_transaction()
    if not journals:
        return []
    rows = [
        {
            "o": ordinal,
            "date": journal.business_date.isoformat(),
            "at": journal.occurred_at.isoformat(),
            "kind": journal.draft.kind,
            "source": journal.source,
            "key": journal.source_key,
            "rev": journal.revision,
            "ref": journal.external_ref,
            "n": len(journal.draft.lines),
            "rules": journal.rules_version,
            "late": journal.is_late,
        }
        for ordinal, journal in enumerate(journals)
    ]
    lines = [
        {"o": ordinal, "n": number, "a": account_ids[line.account], "c": line.account.currency, "m": line.amount_minor}
        for ordinal, journal in enumerate(journals)
        for number, line in enumerate(journal.draft.lines, 1)
    ]
    return [int(key) for key in call("ledger_post_new_v1", tenant_id, as_jsonb(rows), as_jsonb(lines))]


def reverse(tenant_id: int, reversals: Sequence[JournalReversal]) -> dict[int, int]:
    """Reverse journals by their mirror, each at most once; operation. Shares the locks of the days, against a close.

    :returns: reversal ids by journal id.
    :raises django.db.IntegrityError: as `post`; also when a journal has been reversed before.
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
