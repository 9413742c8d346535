"""Split request bodies: refused by media type, a batch cut into its events byte for byte."""

import json
import re
from typing import Final

from django.conf import settings

from ledgersafe.http.json_requests import read_body as read_body
from ledgersafe.values.exact_json import UnreadableBody
from ledgersafe.values.plain_json import list_elements
from pos.arrivals.arrival import Refusal

JSON_MEDIA_TYPES: Final = frozenset({"application/json"})
NDJSON_MEDIA_TYPES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})

_SHAPE: Final = 'A batch is {"events": [...]} or one event per line.'
_OPENING: Final = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"events"[ \t\n\r]*:(?=[ \t\n\r]*\[)')
_SPACE: Final = re.compile(r"[ \t\n\r]*")
#: A string (perhaps one without an end, so that none is scanned twice), or one character of structure: enough to find
#: the end of an element without recursion.
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]+|\\.)*+(?:"|\Z|\\\Z)|[\[\]{}]', re.DOTALL)


def media_type_refusal(content_type: str | None, accepted: frozenset[str]) -> Refusal | None:
    """Refuse (415) a body that is not JSON in UTF-8; None when it is."""
    media_type, _, parameters = (content_type or "").partition(";")
    charset = re.search(r"(?:^|[;\s])charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if media_type.strip().lower() not in accepted:
        expected, sent = " or ".join(sorted(accepted)), (media_type.strip() or "nothing")[:80]
        return Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Send {expected}, not {sent!r}.")
    if charset and charset.group(1).lower() not in {"utf-8", "utf8"}:
        return Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Send UTF-8, not {charset.group(1)[:40]!r}.")
    return None


def split_batch(body: bytes, content_type: str | None) -> list[bytes] | Refusal:
    """Cut a batch into its events, byte for byte as received, or refuse it as a whole.

    :param content_type: of the request: `{"events": [...]}` as JSON, or one event per line as NDJSON.
    """
    refusal = media_type_refusal(content_type, JSON_MEDIA_TYPES | NDJSON_MEDIA_TYPES)
    if refusal is not None:
        return refusal
    events: list[bytes] | None
    if (content_type or "").partition(";")[0].strip().lower() in NDJSON_MEDIA_TYPES:
        events = [line for line in body.split(b"\n") if line.strip()]
    else:
        try:
            events = _plain_elements(body)
            if events is None:
                # Bytes that are no UTF-8 pass through, and spoil only their own element.
                events = _elements(body.decode("utf-8", "surrogateescape"))
        except UnreadableBody as error:
            return Refusal(400, error.code, error.message)
    if len(events) > settings.MAX_BATCH_EVENTS:
        return Refusal(400, "BATCH_TOO_LARGE", f"A batch has at most {settings.MAX_BATCH_EVENTS} events.")
    return events


def _plain_elements(body: bytes) -> list[bytes] | None:
    """Cut a batch with `events` as its only member, as batches are as a rule; None for any other shape."""
    opening = _OPENING.match(body)
    end = len(body.rstrip(b" \t\n\r")) - 1
    return list_elements(body[opening.end() : end]) if opening and body[end : end + 1] == b"}" else None


def _elements(text: str) -> list[bytes]:
    """Cut the elements of the list `events` out of the text. :raises UnreadableBody: the text has another shape."""
    events: list[bytes] | None = None
    at = _expect(text, 0, "{")
    while True:
        if text[at : at + 1] != '"':
            raise UnreadableBody("NOT_A_BATCH", _SHAPE)
        name, at = _value_end(text, at)
        at = _expect(text, at, ":")
        if json.loads(name, strict=False) == "events":
            if events is not None or text[at : at + 1] != "[":
                raise UnreadableBody("NOT_A_BATCH", '"events" must be one list.')
            events, at = _list_elements(text, at)
        else:
            _, at = _value_end(text, at)
        if text[at : at + 1] == "}":
            break
        at = _expect(text, at, ",")
    if events is None or _skip(text, at + 1) != len(text):
        raise UnreadableBody("NOT_A_BATCH", _SHAPE)
    return events


def _list_elements(text: str, at: int) -> tuple[list[bytes], int]:
    at = _expect(text, at, "[")
    elements: list[bytes] = []
    if text[at : at + 1] == "]":
        return elements, _skip(text, at + 1)
    while True:
        element, at = _value_end(text, at)
        elements.append(element.encode("utf-8", "surrogateescape"))
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return elements, _skip(text, at + 1)
        at = _expect(text, at, ",")


def _value_end(text: str, at: int) -> tuple[str, int]:
    """Return the text of the value that starts here, and the start of the next token.

    Numbers and depth are not checked: that is done for each event alone, so that one never fails its neighbours.
    """
    try:
        _, end = _lenient.raw_decode(text, at)
    except RecursionError:
        end = _structure_end(text, at)
    except json.JSONDecodeError as error:
        message = f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise UnreadableBody("MALFORMED_JSON", message) from None
    return text[at:end], _skip(text, end)


def _structure_end(text: str, at: int) -> int:
    depth = 0
    for token in _STRUCTURE.finditer(text, at):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    raise UnreadableBody("MALFORMED_JSON", "Not JSON: the nesting never ends.")


def _expect(text: str, at: int, character: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != character:
        raise UnreadableBody("NOT_A_BATCH", _SHAPE)
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


#: Finds the ends of values and checks nothing: numbers stay text, so that none is too long or too large to skip.
_lenient: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)
