"""Read commands from JSON bodies: size limit, exact numbers, and no content that must not be kept."""

from typing import Any, Final

from django.http import HttpRequest

from ledgersafe.http import members
from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.errors import DomainError
from ledgersafe.values.exact_json import UnreadableBody

MAX_BODY_BYTES: Final = 1024 * 1024
JSON: Final = frozenset({"application/json"})


class UnreadableRequest(DomainError):
    """The body must be one JSON object."""

    code = "MALFORMED_JSON"


class TooLarge(DomainError):
    """The body is too large."""

    code = "TOO_LARGE"
    http_status = 413


class UnsupportedMediaType(DomainError):
    """Send application/json in UTF-8."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    http_status = 415


class CardNumberRefused(DomainError):
    """The body contains a card number; nothing of it was kept."""

    code = "PAN_DETECTED"
    http_status = 422


class ForeignTenant(DomainError):
    """The body names another tenant than the caller's."""

    code = "TENANT_MISMATCH"
    http_status = 403


def read_body(request: HttpRequest, limit_bytes: int) -> bytes | None:
    """Return the body, or None if it is larger than the limit (then it was not read)."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        return None if len(length) > 12 or int(length) > limit_bytes else request.body
    # Chunked: without a length Django would read an empty body, but the server marks the end.
    if request.META.get("wsgi.input_terminated") or "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        body: bytes = request.META["wsgi.input"].read(limit_bytes + 1)
        return None if len(body) > limit_bytes else body
    return request.body


def read_object(
    request: HttpRequest,
    tenant_slug: str,
    *,
    declared: members.Declared | None,
    may_be_empty: bool = False,
    media_types: frozenset[str] = JSON,
) -> dict[str, Any]:
    """Read the body's one JSON object: exact numbers (`Number`, `Whole`), unique keys, storable text.

    :param declared: the view's serializer, whose fields alone are accepted; None: the caller checks them.
    :param media_types: the types that are accepted; all of them are read as JSON.
    :raises DomainError: UnsupportedMediaType, TooLarge, UnreadableRequest, CardNumberRefused, ForeignTenant,
        UnknownMember.
    """
    received = read_body(request, MAX_BODY_BYTES)
    if received is None:
        raise TooLarge(f"The body has at most {MAX_BODY_BYTES} bytes.")
    if may_be_empty and not received:
        return {}
    if (request.content_type or "").lower() not in media_types:
        raise UnsupportedMediaType(f"Send {' or '.join(sorted(media_types))}, in UTF-8.")
    try:
        text = exact_json.decode(received)
        value = exact_json.parse_object(text, tells_notation=True, is_sent=True)
    except UnreadableBody as error:
        raise UnreadableRequest(error.message, reason=error.code) from None
    if "\\u0000" in text and "\x00" in "".join(texts_of(value)):
        raise UnreadableRequest("The body contains a NUL character.", reason="INVALID_ENCODING")
    if card_numbers.contains_pan(text):
        raise CardNumberRefused
    if value.get("tenant_id", tenant_slug) != tenant_slug:
        raise ForeignTenant
    if declared is not None:
        members.refuse_unknown(value, declared)
    return value


def texts_of(value: Any) -> list[str]:
    """List every key and text of a parsed value; its depth was bounded when it was parsed."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, child in value.items() for text in (key, *texts_of(child))]
    return [text for child in value for text in texts_of(child)] if isinstance(value, list) else []
