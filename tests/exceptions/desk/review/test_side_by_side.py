"""Two payloads next to each other: aligned, marked, and inert."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.desk.review.side_by_side import MAX_LINES, alone, compare


def kinds(left: str, right: str) -> list[str]:
    return [row.kind for row in compare(left, right).rows]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a\nb", "a\nb", ["same", "same"]),
        ('"a": 1', '"a": 2', ["changed"]),
        ("a\nc", "a\nb\nc", ["same", "added", "same"]),
        ("a\nb\nc", "a\nc", ["same", "removed", "same"]),
        ("a,", "a", ["same"]),
        ("", "", ["same"]),
    ],
)
def test_lines_are_aligned(left: str, right: str, expected: list[str]) -> None:
    assert kinds(left, right) == expected


def test_only_the_words_that_differ_are_marked() -> None:
    (row,) = compare('"total": 42.5,', '"total": 43,').rows
    assert str(row.left).endswith("<mark>42.5</mark>,")
    assert str(row.right).endswith("<mark>43</mark>,")
    assert str(row.left).startswith("&quot;total&quot;: ")


def test_lines_that_have_nothing_in_common_are_marked_whole() -> None:
    (row,) = compare("  abc", "  [1, 2, 3, 4]").rows
    assert (row.left, row.right) == ("  <mark>abc</mark>", "  <mark>[1, 2, 3, 4]</mark>")


def test_line_numbers_belong_to_their_side() -> None:
    rows = compare("a\nb", "x\na\nb").rows
    assert [(row.left_number, row.right_number) for row in rows] == [(0, 1), (1, 2), (2, 3)]


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_markup_of_a_payload_survives(left: str, right: str) -> None:
    for row in (*compare(left, right).rows, *alone(left).rows):
        for side in (row.left, row.right):
            assert "<" not in str(side).replace("<mark>", "").replace("</mark>", "")


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=12), st.lists(st.sampled_from(["a", "b", "d"]), max_size=12))
def test_no_line_is_lost_on_either_side(lefts: list[str], rights: list[str]) -> None:
    rows = compare("\n".join(lefts), "\n".join(rights)).rows
    plain = [str(row.left).replace("<mark>", "").replace("</mark>", "") for row in rows if row.left_number]
    assert plain == (lefts or [""])
    assert [row.right_number for row in rows if row.right_number] == list(range(1, max(1, len(rights)) + 1))


def test_huge_payloads_are_cut_and_take_no_minutes() -> None:
    left = "\n".join(f'  "amount": {n % 7},' for n in range(20_000))
    right = "\n".join(f'  "amount": {n % 5},' for n in range(20_000))
    start = time.perf_counter()
    found = compare(left, right)
    assert time.perf_counter() - start < 5
    assert found.is_cut
    assert len(found.rows) <= 2 * MAX_LINES
    assert compare("x " * 100_000, "y " * 100_000).changes == 1
