"""The result of the rules for an event about another event. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ledger.journals import DraftLine, JournalDraft
from pos.contract import Event, Hold
from pos.references import Reference

#: The kind of the journal that undoes the journal a correction replaces.
MIRROR: Final = "REVERSAL"


@dataclass(frozen=True, slots=True)
class ReferringPosting:
    """What an event about another event posts.

    :ivar draft: the event's own journal.
    :ivar references: what it takes from its original, and what it gives back to that one's original.
    :ivar mirror: of a correction, the journal that undoes the replaced one.
    :ivar content: of a return, the event with the parts it left to its sale filled in.
    """

    draft: JournalDraft
    references: tuple[Reference, ...]
    mirror: JournalDraft | None = None
    content: Event | None = None


ReferringDecision: TypeAlias = ReferringPosting | Hold


def mirrored(kind: str, lines: Iterable[DraftLine]) -> JournalDraft:
    """Draft the journal of this kind that undoes these lines."""
    return JournalDraft(kind, tuple(DraftLine(line.account, -line.amount_minor) for line in lines))
