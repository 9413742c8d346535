"""Compare two texts side by side: align lines, and mark the words that differ within a changed line. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.utils.safestring import SafeString

from exceptions.desk.review.word_marks import mark_line, mark_words, plain_html

#: Aligning takes more than linear time: lines beyond this limit are cut off.
MAX_LINES: Final = 1_200


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the comparison; `kind` is same, changed, removed or added. Line number 0: no line on that side."""

    kind: str
    left_number: int
    left: SafeString
    right_number: int
    right: SafeString


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows, how many of them differ, and whether the end was cut off."""

    rows: Sequence[Row]
    changes: int
    is_cut: bool


def compare(left: str, right: str) -> Comparison:
    """Align two texts line by line. A comma at the end of a line is ignored: in JSON it depends on the next line."""
    lefts, rights = left.split("\n"), right.split("\n")
    is_cut = len(lefts) > MAX_LINES or len(rights) > MAX_LINES
    rows = list(_rows(lefts[:MAX_LINES], rights[:MAX_LINES]))
    return Comparison(rows, sum(row.kind != "same" for row in rows), is_cut)


def alone(text: str) -> Comparison:
    """One text with line numbers, on the left side."""
    lines = text.split("\n")
    rows = [Row("same", number, plain_html(line), 0, SafeString()) for number, line in enumerate(lines[:MAX_LINES], 1)]
    return Comparison(rows, 0, len(lines) > MAX_LINES)


def _rows(lefts: Sequence[str], rights: Sequence[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, [_key(line) for line in lefts], [_key(line) for line in rights])
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            for offset in range(i_end - i):
                texts = plain_html(lefts[i + offset]), plain_html(rights[j + offset])
                yield Row("same", i + offset + 1, texts[0], j + offset + 1, texts[1])
        else:
            yield from _differing(lefts, rights, range(i, i_end), range(j, j_end))


def _differing(lefts: Sequence[str], rights: Sequence[str], here: range, there: range) -> Iterator[Row]:
    """Rows of a block of unequal lines: in pairs while both sides have some, then removed or added."""
    for offset in range(max(len(here), len(there))):
        i, j = _line_at(here, offset), _line_at(there, offset)
        if i is None and j is not None:
            yield Row("added", 0, SafeString(), j + 1, mark_line(rights[j]))
        elif j is None and i is not None:
            yield Row("removed", i + 1, mark_line(lefts[i]), 0, SafeString())
        elif i is not None and j is not None:
            left, right = mark_words(lefts[i], rights[j])
            yield Row("changed", i + 1, left, j + 1, right)


def _line_at(lines: range, offset: int) -> int | None:
    return lines[offset] if offset < len(lines) else None


def _key(line: str) -> str:
    return line.removesuffix(",")
