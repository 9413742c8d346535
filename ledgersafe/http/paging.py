"""Read the query parameters of a list, and answer one page of it."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

import orjson
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from ledgersafe.values.errors import InvalidParameter

MAX_LIMIT: Final = 500
DEFAULT_LIMIT: Final = 50


def flag_of(request: Request, name: str) -> bool:
    """Read a query parameter that is true or false (default false).

    :raises InvalidParameter: it is something else.
    """
    text = request.query_params.get(name, "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise InvalidParameter(f"{name} must be true or false.")
    return text in {"true", "1"}


def limit_of(request: Request) -> int:
    """Read `limit`, 1–500.

    :raises InvalidParameter: it is something else.
    """
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MAX_LIMIT and len(text) < 4):
        raise InvalidParameter(f"limit must be a number from 1 to {MAX_LIMIT}.")
    return int(text)


def cursor_of(request: Request) -> list[Any] | None:
    """Read the position in `cursor`; None for the first page.

    :raises InvalidParameter: not one of ours.
    """
    text = request.query_params.get("cursor")
    return decode_cursor(text) if text else None


def decode_cursor(text: str) -> list[Any]:
    """Decode a position that `next_cursor` encoded.

    :raises InvalidParameter: not one of ours.
    """
    try:
        position = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=="))
    except (ValueError, binascii.Error):
        position = None
    if not isinstance(position, list):
        raise InvalidParameter("cursor is not a next_cursor of this list.")
    return position


def page(
    rows: "QuerySet[Any]", limit: int, item: Callable[[Any], Any], position: Callable[[Any], list[Any]]
) -> Response:
    """Answer one page of an ordered query set as `{"items", "next_cursor"}`; one extra row tells if more follow."""
    loaded: list[Model] = list(rows[: limit + 1])
    more = len(loaded) > limit
    cursor = next_cursor(position(loaded[limit - 1]) if more else None)
    return Response({"items": [item(row) for row in loaded[:limit]], "next_cursor": cursor})


def next_cursor(position: list[Any] | None) -> str | None:
    """Encode the position of the next page; None on the last."""
    return None if position is None else base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")
