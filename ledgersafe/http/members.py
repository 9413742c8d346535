"""Refuse unknown members of a command's body: a typo must not carry out another command.

Known members are those of the OpenAPI schema: the serializer a view declares for its body, nested objects included.
A free object (metadata, pieces by face value, a patch) may have any members.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from rest_framework import serializers

from ledgersafe.values.errors import InvalidParameter

#: A serializer, of which only the names of its fields count. It may name further ones in `also_known`, which are read
#: although the schema does not offer them.
Declared: TypeAlias = type[serializers.BaseSerializer[Any]]
#: The known members of an object and the shape of each; None: anything goes.
_Shape: TypeAlias = Mapping[str, Any] | None

#: Allowed in every body: `json_requests` compares it with the caller's tenant.
_EVERYWHERE: Final = {"tenant_id": None}
#: Unknown members named in a refusal; a body may hold a million.
_MOST_NAMED: Final = 50
_LONGEST_GUESSED: Final = 50
#: Cached, because building a serializer's fields takes longer than checking most bodies.
_shapes: Final[dict[Declared, _Shape]] = {}


class UnknownMember(InvalidParameter):
    """The body has a member that nobody knows; `errors` names it."""

    code = "UNKNOWN_MEMBER"


def refuse_unknown(body: Mapping[str, Any], declared: Declared) -> None:
    """Refuse a body with members that its serializer does not declare.

    :raises UnknownMember: naming each.
    """
    shape = _shape_of(declared)
    faults = _unknown(body, {**shape, **_EVERYWHERE}, "") if shape is not None else iter(())
    errors = [error for error, _ in zip(faults, range(_MOST_NAMED), strict=False)]
    if errors:
        raise UnknownMember(f"{errors[0]['pointer']} {errors[0]['message']}.", errors=errors)


def pointer_to(parent: str, name: str) -> str:
    """Return the JSON pointer of a member (RFC 6901)."""
    return f"{parent}/{name.replace('~', '~0').replace('/', '~1')}"


def _unknown(value: Any, shape: _Shape, pointer: str) -> Iterator[dict[str, str]]:
    if shape is None:
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown(item, shape, f"{pointer}/{number}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            at = pointer_to(pointer, name)
            if name in shape:
                yield from _unknown(inner, shape[name], at)
            else:
                yield {"pointer": at, "message": _message(name, shape)}


def _message(name: str, shape: Mapping[str, Any]) -> str:
    likely = get_close_matches(name, shape, n=1) if len(name) <= _LONGEST_GUESSED else []
    return f"is not known; did you mean {likely[0]}?" if likely else "is not known"


def _shape_of(declared: Declared) -> _Shape:
    if declared not in _shapes:
        _shapes[declared] = _inside(declared())
    return _shapes[declared]


def _inside(field: Any) -> _Shape:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return _inside(field.child)
    if not isinstance(field, serializers.Serializer):
        return None
    known = {name: _inside(inner) for name, inner in field.fields.items()}
    return known | dict.fromkeys(getattr(field, "also_known", ()))
