"""Mark the words of a line that differ from another's. Pure.

Texts are escaped here; the only markup around them is `<mark>`.
"""

import re
from difflib import SequenceMatcher
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: Aligning takes more than linear time: lines of more words are not compared word by word.
_MAX_WORDS: Final = 120
#: Lines less alike than this are marked whole: marks on single words would only confuse.
_ALIKE: Final = 0.3
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


def mark_words(left: str, right: str) -> tuple[SafeString, SafeString]:
    """Return both lines with their different words marked; lines too long or too different are marked whole."""
    left_words, right_words = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, left_words, right_words, autojunk=False)
    if max(len(left_words), len(right_words)) > _MAX_WORDS or matcher.ratio() < _ALIKE:
        return mark_line(left), mark_line(right)
    lefts, rights = [], []
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        same = kind == "equal"
        lefts.append(_part("".join(left_words[i:i_end]), same))
        rights.append(_part("".join(right_words[j:j_end]), same))
    return _html("".join(lefts)), _html("".join(rights))


def _part(text: str, same: bool) -> str:
    return str(escape(text)) if same or not text else f"<mark>{escape(text)}</mark>"


def plain_html(line: str) -> SafeString:
    """Escape a line, without marks."""
    return _html(escape(line))


def mark_line(line: str) -> SafeString:
    """Escape a line and mark all of it but its indent."""
    indent = line[: len(line) - len(line.lstrip(" "))]
    return _html(f"{indent}{_part(line.lstrip(' '), same=False)}")


def _html(escaped: str) -> SafeString:
    return mark_safe(escaped)  # noqa: S308  every text in it went through escape()
