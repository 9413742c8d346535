"""List the changes of an audit entry, field by field. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after, as text; None: absent. `gone`, `new`: removed and added items of a list."""

    field: str
    before: str | None
    after: str | None
    gone: str = ""
    new: str = ""

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def changes(before: Any, after: Any) -> list[Change]:
    """Every field of either side, in recorded order; nested fields by their path, `a.b`."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [_change(name, old, new) for name in {**old, **new}]


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    before, after = old.get(name), new.get(name)
    was, is_now = (_text(side[name]) if name in side else None for side in (old, new))
    if not (isinstance(before, list) and isinstance(after, list)):
        return Change(name, was, is_now)
    gone, came = [x for x in before if x not in after], [x for x in after if x not in before]
    return Change(name, was, is_now, _text(gone) if gone else "", _text(came) if came else "")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif value is not None or path:
        yield path or "value", value


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "none"
    return json.dumps(value, ensure_ascii=False)
