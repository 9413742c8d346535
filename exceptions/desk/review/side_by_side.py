"""Compare two texts side by side: align lines, and mark the words that differ within a changed line. Pure.

Texts are escaped here; the only markup around them is `<mark>`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: Aligning takes more than linear time: lines beyond the first limit are cut off, words beyond the second not compared.
MAX_LINES: Final = 1_200
_MAX_WORDS: Final = 120
#: Lines less alike than this are marked whole: marks on single words would only confuse.
_ALIKE: Final = 0.3
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


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
    rows = [Row("same", number, _plain(line), 0, SafeString()) for number, line in enumerate(lines[:MAX_LINES], 1)]
    return Comparison(rows, 0, len(lines) > MAX_LINES)


def _rows(lefts: Sequence[str], rights: Sequence[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, [_key(line) for line in lefts], [_key(line) for line in rights])
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            for offset in range(i_end - i):
                texts = _plain(lefts[i + offset]), _plain(rights[j + offset])
                yield Row("same", i + offset + 1, texts[0], j + offset + 1, texts[1])
        else:
            yield from _differing(lefts, rights, range(i, i_end), range(j, j_end))


def _differing(lefts: Sequence[str], rights: Sequence[str], here: range, there: range) -> Iterator[Row]:
    """Rows of a block of unequal lines: in pairs while both sides have some, then removed or added."""
    for offset in range(max(len(here), len(there))):
        i, j = _line_at(here, offset), _line_at(there, offset)
        if i is None and j is not None:
            yield Row("added", 0, SafeString(), j + 1, _whole(rights[j]))
        elif j is None and i is not None:
            yield Row("removed", i + 1, _whole(lefts[i]), 0, SafeString())
        elif i is not None and j is not None:
            left, right = _marked(lefts[i], rights[j])
            yield Row("changed", i + 1, left, j + 1, right)


def _line_at(lines: range, offset: int) -> int | None:
    return lines[offset] if offset < len(lines) else None


def _marked(left: str, right: str) -> tuple[SafeString, SafeString]:
    left_words, right_words = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, left_words, right_words, autojunk=False)
    if max(len(left_words), len(right_words)) > _MAX_WORDS or matcher.ratio() < _ALIKE:
        return _whole(left), _whole(right)
    lefts, rights = [], []
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        same = kind == "equal"
        lefts.append(_part("".join(left_words[i:i_end]), same))
        rights.append(_part("".join(right_words[j:j_end]), same))
    return _html("".join(lefts)), _html("".join(rights))


def _key(line: str) -> str:
    return line.removesuffix(",")


def _part(text: str, same: bool) -> str:
    return str(escape(text)) if same or not text else f"<mark>{escape(text)}</mark>"


def _plain(line: str) -> SafeString:
    return _html(escape(line))


def _whole(line: str) -> SafeString:
    indent = line[: len(line) - len(line.lstrip(" "))]
    return _html(f"{indent}{_part(line.lstrip(' '), same=False)}")


def _html(escaped: str) -> SafeString:
    return mark_safe(escaped)  # noqa: S308  every text in it went through escape()
