"""One vector for each event type: the event, what its journal posts, and the figures of its header.

`about` names the type of the vector whose event it refers to. Amounts of `posts` and `figures` are minor units.
"""

import json
from pathlib import Path
from typing import Any, Final

from tests.conftest import Shop
from tests.scenes.returns import NOTHING

VECTORS: Final[dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors/event_types.json").read_text("utf-8")
)


def fields_of(kind: str) -> dict[str, Any]:
    """The fields of a type's event that are its own, with the reference to the event it is about."""
    vector = VECTORS[kind]
    named = {"references": {"original_event_id": f"{kind}-original"}} if "about" in vector else {}
    fields: dict[str, Any] = {"event_type": kind} | vector["event"] | named
    return fields


def events_of(shop: Shop, kind: str) -> list[dict[str, Any]]:
    """What a till sends for a type, in order: the event it is about, if it is about one, and the event `kind`."""
    vector = VECTORS[kind]
    original = [shop.sale(f"{kind}-original", **(NOTHING | fields_of(vector["about"])))] if "about" in vector else []
    return [*original, shop.sale(kind, **(NOTHING | fields_of(kind)))]
