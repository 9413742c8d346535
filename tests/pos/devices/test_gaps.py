"""Ranges and gaps of devices: what the fold makes of any order, and how what is missing is named."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.devices import Hole, named
from pos.models import GapExplanation
from tests.conftest import Shop, open_shop
from tests.scenes.device_numbers import gaps, ranges, send_numbers, spans

NOW = datetime(2026, 2, 25, tzinfo=UTC)
LAST = 2**63 - 1


def islands(numbers: set[int]) -> list[tuple[int, int]]:
    """The same, in the simplest way."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ([[1, 2, 3]], [(1, 3)]),
        ([[1], [2], [3]], [(1, 3)]),
        ([[3], [2], [1]], [(1, 3)]),
        ([[1, 3, 5], [2, 4]], [(1, 5)]),
        ([[1, 3, 5], [4]], [(1, 1), (3, 5)]),
        ([[10, 20], [12, 13, 18]], [(10, 10), (12, 13), (18, 18), (20, 20)]),
        ([[10, 20], [11, 19]], [(10, 11), (19, 20)]),
        ([[5], [1, 9], [2, 8], [4, 6], [3, 7]], [(1, 9)]),
        ([[1], [LAST]], [(1, 1), (LAST, LAST)]),
        ([[LAST], [LAST - 1]], [(LAST - 1, LAST)]),
    ],
)
def test_it_folds_what_came_into_ranges(shop: Shop, rounds: list[list[int]], expected: list[tuple[int, int]]) -> None:
    for seqs in rounds:
        send_numbers(shop, *seqs)
        ranges(shop)
    assert ranges(shop) == expected


def test_a_fold_of_nothing_new_changes_nothing(shop: Shop) -> None:
    assert ranges(shop) == []
    send_numbers(shop, 4, 7)
    assert ranges(shop) == ranges(shop) == [(4, 4), (7, 7)]


def test_devices_and_tenants_are_folded_apart(shop: Shop) -> None:
    other = open_shop()
    send_numbers(shop, 1, 2)
    send_numbers(shop, 2, 5, device="tab-2")
    send_numbers(other, 3)
    assert ranges(shop) == [(1, 2)]
    assert ranges(shop, "tab-2") == [(2, 2), (5, 5)]
    assert ranges(other) == [(3, 3)]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.sets(st.integers(1, 40), min_size=1, max_size=25),
    cuts=st.lists(st.integers(0, 25), max_size=5),
    order=st.randoms(use_true_random=False),
    folds=st.booleans(),
)
def test_any_order_in_any_batches_ends_in_the_same_ranges(
    books: None, numbers: set[int], cuts: list[int], order: Any, folds: bool
) -> None:
    shop, shuffled = open_shop(), list(numbers)
    order.shuffle(shuffled)
    places = sorted({0, len(shuffled), *(cut for cut in cuts if cut < len(shuffled))})
    for begin, end in itertools.pairwise(places):
        send_numbers(shop, *shuffled[begin:end])
        if folds:
            ranges(shop)
    assert ranges(shop) == islands(numbers)
    assert [span[:2] for span in spans(gaps(shop, limit=500))] == islands(
        set(range(min(numbers), max(numbers))) - numbers
    )


def explained(first: int, last: int) -> GapExplanation:
    return GapExplanation(first_seq=first, last_seq=last, reason="x", explained_by="y")


@pytest.mark.parametrize(
    ("holes", "explanations", "expected"),
    [
        ([], [], []),
        ([(5, 9)], [], [(5, 9, False)]),
        ([(5, 9)], [(5, 9)], [(5, 9, True)]),
        ([(5, 9)], [(6, 7)], [(5, 5, False), (6, 7, True), (8, 9, False)]),
        ([(5, 9)], [(8, 9), (5, 6)], [(5, 6, True), (7, 7, False), (8, 9, True)]),
        ([(5, 6), (8, 9)], [(5, 9)], [(5, 6, True), (8, 9, True)]),  # 7 came after all
        ([(5, 9)], [(1, 6), (20, 30)], [(5, 6, True), (7, 9, False)]),
        ([(5, 9)], [(1, 4), (10, 12)], [(5, 9, False)]),
    ],
)
def test_a_hole_is_cut_where_a_part_of_it_is_explained(
    holes: list[tuple[int, int]], explanations: list[tuple[int, int]], expected: list[tuple[int, int, bool]]
) -> None:
    found = named([Hole(*hole, NOW) for hole in holes], [explained(*one) for one in explanations])
    assert [(gap.first_seq, gap.last_seq, gap.explanation is not None) for gap in found] == expected
