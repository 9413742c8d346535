"""What changed between two payloads, by JSON pointer."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions.patching import diff


def change(pointer: str, kind: str, first: Any, last: Any) -> dict[str, Any]:
    return {"pointer": pointer, "change": kind, "first": first, "last": last}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [change("/a", "changed", 1, 2)]),
        ({"a": 1}, {}, [change("/a", "removed", 1, None)]),
        ({}, {"a": None}, [change("/a", "added", None, None)]),
        ({"a": None}, {}, [change("/a", "removed", None, None)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [change("/a/1", "changed", 2, 3)]),
        ({"a": [1]}, {"a": [1, {"b": 2}]}, [change("/a/1", "added", None, {"b": 2})]),
        ({"a": [1, 2]}, {"a": []}, [change("/a/0", "removed", 1, None), change("/a/1", "removed", 2, None)]),
        ({"a": {}}, {"a": []}, [change("/a", "changed", {}, [])]),
        ({"a": True}, {"a": Decimal(1)}, [change("/a", "changed", True, Decimal(1))]),
        ({"a": "1"}, {"a": Decimal(1)}, [change("/a", "changed", "1", Decimal(1))]),
        ({"a": Decimal("42.50")}, {"a": Decimal("42.5")}, []),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, [change("/a~1b/c~0d", "changed", 1, 2)]),
        ({"~1": 1}, {"~1": 2}, [change("/~01", "changed", 1, 2)]),
        ({"": 1}, {"": 2}, [change("/", "changed", 1, 2)]),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, [change("/a", "changed", 1, 2), change("/b", "changed", 1, 2)]),
    ],
)
def test_it_names_every_change_by_pointer(first: Any, last: Any, expected: list[dict[str, Any]]) -> None:
    assert diff(first, last) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3) | st.integers(-3, 3).map(Decimal),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_nothing_changed_exactly_when_both_are_the_same(first: Any, last: Any) -> None:
    assert diff(first, first) == []
    same = repr(_sorted(first)) == repr(_sorted(last))
    assert (diff(first, last) == []) == same


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
