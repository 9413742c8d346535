"""Compare versions of an event on the review page: FIRST with LAST and others, side by side and field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exceptions.desk.case_view import Review, Version
from exceptions.desk.review.side_by_side import Comparison, alone, compare
from exceptions.models import CaseStatus
from exceptions.patching import diff
from ledgersafe.values.pretty import inline, visible

#: Versions compared on one page; `?against=` shows any other one.
MAX_COMPARED: Final = 4
MAX_CHANGES: Final = 200
_MAX_VALUE: Final = 300


@dataclass(frozen=True, slots=True)
class Side:
    """A version compared with FIRST: aligned lines and changed fields. `left` None: there is one version."""

    left: Version | None
    right: Version
    lines: Comparison
    changes: Sequence[Mapping[str, str]]
    more_changes: int

    @property
    def title(self) -> str:
        return f"{self.left.name} ↔ {self.right.name}" if self.left else self.right.name


def comparisons(review: Review, against: str) -> list[Side]:
    """FIRST compared with up to `MAX_COMPARED` other versions. :param against: number of the version to put first."""
    if not review.versions:
        return []
    first, *rest = review.versions
    if not rest:
        return [Side(None, first, alone(first.text), (), 0)]
    is_open = review.case.status == CaseStatus.OPEN

    def rank(version: Version) -> tuple[bool, bool, bool, int]:
        """The requested one; then, on a resolved case, the posted one; then LAST; then the newest."""
        return str(version.number) != against, is_open or not version.in_books, not version.is_last, -version.number

    return [_side(first, version) for version in sorted(rest, key=rank)[:MAX_COMPARED]]


def more_versions(review: Review) -> list[Version]:
    """Every version but FIRST, for the selector, when there are more than are compared at once."""
    return list(review.versions[1:]) if len(review.versions) - 1 > MAX_COMPARED else []


def _side(first: Version, other: Version) -> Side:
    differences = diff(first.value, other.value) if first.value is not None and other.value is not None else []
    changes = [
        {
            "pointer": visible(change["pointer"]),
            "change": change["change"],
            "first": "" if change["change"] == "added" else _value(change["first"]),
            "last": "" if change["change"] == "removed" else _value(change["last"]),
        }
        for change in differences[:MAX_CHANGES]
    ]
    return Side(first, other, compare(first.text, other.text), changes, max(0, len(differences) - MAX_CHANGES))


def _value(value: Any) -> str:
    text = inline(value)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
