"""Commands made of the schema, and what can be wrong with each of their members."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

from tests.fuzz import odd
from tests.fuzz.declared import Operation, resolved

_HERE: Final = "\x01here"
#: Values that make a command be carried out, by the name of the member, where those of the schema would not.
_GOOD: Final[dict[str, Any]] = {
    "account_code": "BANK:USD", "ccy": "USD", "currency": "USD", "amount": "1.00", "value_date": None, "rate": "1.1",
    "pair": "EUR/USD", "valid_from": "2026-02-25T09:30:00Z", "from_account": "BANK:EUR", "to_account": "BANK:USD",
    "as_of": None, "floor": None, "store_id": "store-1", "register_id": "till-1", "action": "override_and_replay",
    "canonical_raw_id": None, "canonical": None, "override_patch": {"reason": "x"}, "assigned_to": None,
    "occurred_at": "2026-02-25T09:30:00Z", "business_date": "2026-02-25", "schema_version": "1.0",
    "event_type": "SALE", "total_amount": 1, "first_seq": 2, "last_seq": 2, "force": True, "metadata": {"a": 1},
    "denominations": {"100": 1}, "tenders": None, "line_items": None,
}  # fmt: skip


def command(operation: Operation, **more: Any) -> dict[str, Any] | None:
    """A body as the schema asks for it; None: the operation takes none."""
    asked = operation.body()
    return None if asked is None else _sample(asked) | more


def _sample(part: dict[str, Any]) -> Any:
    part = resolved(part)
    if "allOf" in part or "oneOf" in part:
        return _sample((part.get("allOf") or part["oneOf"])[0])
    kind = part.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in part:
        return part["enum"][0]
    if kind == "object":
        members = part.get("properties", {})
        return {name: _GOOD.get(name, _sample(member)) for name, member in members.items()}
    if kind == "array":
        return [_sample(part.get("items", {}))]
    return {"integer": 1, "number": 1, "boolean": False}.get(kind, "x")


def variants(body: dict[str, Any]) -> Iterator[bytes]:
    """The command; with each of its members odd, or left out; and with one that nobody knows.

    Of the odd values each member has every second one.
    """
    yield json.dumps(body).encode()
    yield json.dumps(body | {"nobody": 1}).encode()
    for turn, place in enumerate(_places(body, ())):
        yield json.dumps(_without(body, place)).encode()
        text = json.dumps(_with(body, place, _HERE))
        for value in odd.JSON_VALUES[turn % 2 :: 2]:
            yield text.replace(json.dumps(_HERE), value).encode()


def _places(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*at, name)
        yield from _places(member, (*at, name))


def _with(body: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    _parent(changed, place)[place[-1]] = value
    return changed


def _without(body: dict[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    del _parent(changed, place)[place[-1]]
    return changed


def _parent(body: Any, place: tuple[Any, ...]) -> Any:
    for name in place[:-1]:
        body = body[name]
    return body
