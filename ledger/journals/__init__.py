"""Journals: a balanced draft, and the one way into the books.

In: drafts of posting rules. Out: journal ids; or rows of `Journal` with their lines.

* `draft`: merges lines by account and refuses a draft that does not balance. Pure.
* `posting`: writes journals and reversals, exactly once per source, in the caller's transaction. It shares the locks of
  their business days; guards in Postgres check every row.
* `queries`: read journals.

Other rooms post through `posting`, never through the models.
"""

from ledger.journals.draft import DraftLine, JournalDraft, UnbalancedDraft
from ledger.journals.posting import JournalReversal, NewJournal, post, reverse
from ledger.journals.queries import JournalDetail, JournalFilter, get_journal, list_journals

__all__ = [
    "DraftLine", "JournalDetail", "JournalDraft", "JournalFilter", "JournalReversal", "NewJournal",
    "UnbalancedDraft", "get_journal", "list_journals", "post", "reverse",
]  # fmt: skip
