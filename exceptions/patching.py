"""Patch and compare payloads. Pure.

Values are as `ledgersafe.values.exact_json` parses them: whole numbers are `int`, other decimals `exact_json.Number`;
there are no floats.
"""

import copy
from collections.abc import Mapping
from typing import Any, Final

import jsonpatch
import jsonpointer

from exceptions.decisions import InvalidPatch
from ledgersafe.values.errors import DomainError

#: Fields that identify the event and its sender: no patch may change them.
PROTECTED: Final = ("tenant_id", "event_id", "store_id", "source_system", "schema_version")
_MAX_OPERATIONS: Final = 200
_MAX_VALUES: Final = 100_000
_DOES_NOT_APPLY: Final = (
    jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError, ValueError, RecursionError,
)  # fmt: skip


class PatchProtectedField(DomainError):
    """override_patch may not touch the fields that say whose event this is."""

    code = "PATCH_PROTECTED_FIELD"
    http_status = 422


def patched(payload: Mapping[str, Any], patch: Mapping[str, Any] | list[Any]) -> dict[str, Any]:
    """Apply a merge patch (RFC 7396, an object) or a JSON patch (RFC 6902, a list); the payload is not changed.

    :raises InvalidPatch: an operation does not apply, or the result is no object.
    :raises PatchProtectedField: a protected field would change.
    """
    result = _json_patched(payload, patch) if isinstance(patch, list) else merged(dict(payload), patch)
    if type(result) is not dict:
        raise InvalidPatch("The patch leaves no JSON object.")
    touched = [name for name in PROTECTED if not _same(payload, result, name)]
    if touched:
        raise PatchProtectedField(
            f"override_patch may not touch {', '.join(touched)}.",
            errors=[{"pointer": f"/{name}", "message": "is protected"} for name in touched],
        )
    return result


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396, section 2): members replace members, null removes, other values replace whole."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _json_patched(payload: Mapping[str, Any], operations: list[Any]) -> Any:
    if len(operations) > _MAX_OPERATIONS:
        raise InvalidPatch(f"A JSON patch has at most {_MAX_OPERATIONS} operations.")
    value: Any = copy.deepcopy(dict(payload))
    try:
        for operation in operations:
            value = jsonpatch.JsonPatch([operation]).apply(value, in_place=True)
            # Each copy may double the document; the limit stops two hundred of them.
            if isinstance(operation, dict) and operation.get("op") == "copy" and _values_in(value) > _MAX_VALUES:
                raise InvalidPatch("The JSON patch makes the event too large.")
    except _DOES_NOT_APPLY as error:
        reason = str(error).encode("utf-8", "ignore").decode()[:200]
        raise InvalidPatch(f"The JSON patch does not apply: {reason}") from None
    return value


def _values_in(value: Any) -> int:
    """Count the values of a document, without recursion and not much beyond `_MAX_VALUES`."""
    number, stack = 0, [value]
    while stack and number <= _MAX_VALUES:
        item = stack.pop()
        number += 1
        if isinstance(item, dict | list):
            stack.extend(item.values() if isinstance(item, dict) else item)
    return number


def _same(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    if name not in before or name not in after:
        return (name in before) == (name in after)
    return type(before[name]) is type(after[name]) and before[name] == after[name]


def diff(first: Any, last: Any, pointer: str = "") -> list[dict[str, Any]]:
    """List changes between two parsed payloads as `{"pointer", "change", "first", "last"}`, JSON pointers by RFC 6901.

    Lists are compared position by position: that is how a person reads two receipts side by side.
    """
    if isinstance(first, dict) and isinstance(last, dict):
        changes = []
        for key in sorted(first.keys() | last.keys()):
            at = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            changes += _member(first, last, key, at)
        return changes
    if isinstance(first, list) and isinstance(last, list):
        changes = []
        for index in range(max(len(first), len(last))):
            members = dict(enumerate(first)), dict(enumerate(last))
            changes += _member(*members, index, f"{pointer}/{index}")
        return changes
    same = type(first) is type(last) and first == last
    return [] if same else [{"pointer": pointer, "change": "changed", "first": first, "last": last}]


def _member(first: dict[Any, Any], last: dict[Any, Any], key: Any, at: str) -> list[dict[str, Any]]:
    if key not in first:
        return [{"pointer": at, "change": "added", "first": None, "last": last[key]}]
    if key not in last:
        return [{"pointer": at, "change": "removed", "first": first[key], "last": None}]
    return diff(first[key], last[key], at)
