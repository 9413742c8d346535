"""Comparing payloads. Pure."""

from typing import Any


def diff(first: Any, last: Any, pointer: str = "") -> list[dict[str, Any]]:
    """What changed between two parsed payloads, as `{"pointer", "change", "first", "last"}` by JSON pointer (RFC 6901).

    Lists are compared position by position: that is how a person reads two receipts side by side.
    """
    if isinstance(first, dict) and isinstance(last, dict):
        found = []
        for key in sorted(first.keys() | last.keys()):
            at = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            found += _member(first, last, key, at)
        return found
    if isinstance(first, list) and isinstance(last, list):
        found = []
        for index in range(max(len(first), len(last))):
            one = dict(enumerate(first)), dict(enumerate(last))
            found += _member(*one, index, f"{pointer}/{index}")
        return found
    same = type(first) is type(last) and first == last
    return [] if same else [{"pointer": pointer, "change": "changed", "first": first, "last": last}]


def _member(first: dict[Any, Any], last: dict[Any, Any], key: Any, at: str) -> list[dict[str, Any]]:
    if key not in first:
        return [{"pointer": at, "change": "added", "first": None, "last": last[key]}]
    if key not in last:
        return [{"pointer": at, "change": "removed", "first": first[key], "last": None}]
    return diff(first[key], last[key], at)
