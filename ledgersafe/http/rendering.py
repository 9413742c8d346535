"""Write JSON answers, and negotiate no other media type."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonNegotiation(DefaultContentNegotiation):
    """Always JSON; an empty `Accept` accepts it."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Read `Accept`; a missing or empty one accepts everything."""
        return [token.strip() for token in (request.META.get("HTTP_ACCEPT") or "*/*").split(",")]


class NothingToNegotiate(JsonNegotiation):
    """For ingest: a POST is answered with JSON whatever `Accept` says, so that no sale is lost over a header."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Select JSON for a POST without looking at `Accept`."""
        if request.method == "POST":
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class OrjsonRenderer(BaseRenderer):
    """Renders JSON with orjson. Amounts are text or integers by now, so nothing is rounded."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Encode the data as UTF-8 JSON; None as an empty body."""
        return b"" if data is None else orjson.dumps(data, default=_exact_number)


def _exact_number(value: Any) -> orjson.Fragment:
    """Write a Decimal digit by digit, as a JSON number."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} is not JSON")


def instant(value: datetime | None) -> str | None:
    """Format an instant as the API does: RFC 3339 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if value is not None else None


def json_response(data: Any, status: int = 200) -> HttpResponse:
    """Build a JSON response without negotiation, for hot paths."""
    return HttpResponse(orjson.dumps(data), status=status, content_type="application/json")
