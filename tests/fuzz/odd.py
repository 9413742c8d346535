"""What nobody should send: texts as they stand percent-encoded in a URL, and values of a JSON body."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

UUID: Final = "00000000-0000-4000-8000-000000000000"
#: As they would stand in a document, a header or a form; bytes are no UTF-8.
TEXTS: Final[tuple[str | bytes, ...]] = (
    "", " ", "\x00", "1\x00", "\r\nX-Odd: 1", "x" * 5_000, b"\xff\xfe", b"\xed\xa0\x80", "\u202eabc", "e\u0301\u200d",
    "\U0001f600" * 60, "../../etc/passwd", "%", "%00", "~00", "_00", "';--", "[]", "{}", "null", "true", "a/b", ".",
    UUID, "EUR/USD",
)  # fmt: skip
NUMBERS: Final = (
    "0", "-1", "1", "501", "9223372036854775807", "9223372036854775808", "1" + "0" * 30, "1e400", "NaN", "-0", "1_0",
    "1.5", "\u0663", "\u00b2",
)  # fmt: skip
MOMENTS: Final = (
    "0001-01-01", "9999-12-30", "9999-12-31", "0000-00-00", "2026-02-30", "2026-W09-3", "10000-01-01", "-0001-01-01",
    "2026-02-25", "\u0662\u0660\u0662\u0666-\u0660\u0662-\u0662\u0665", "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59", "9999-12-31T23:59:59Z", "2026-02-25T00:00:00",
    "2026-02-25T23:59:60Z", "2026-02-25T00:00:00+99:99",
)  # fmt: skip
_MEMBERS: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1.5, 2**63 - 1, 2**63, 10**30, "", "x", "\x00", "x" * 5_000, [], [1], {"a": 1}, UUID,
    "9999-12-31", "0001-01-01", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59", "2026-02-25T00:00:00", "1e400",
)  # fmt: skip
#: No position in any list.
_NO_CURSORS: Final = (
    b"", b"null", b"1", b'"x"', b"{}", b"[]", b"[NaN]", b"[1e999]", b"[" * 3_000, b"\xff", b'["\\ud800"]', b"[1] 2",
    b"[" + b"9" * 3_000 + b"]", b'["\xff"]',
)  # fmt: skip
#: Members of a JSON body, as text: some of it no parser reads.
JSON_VALUES: Final = (
    "null", "true", "0", "-1", "1.5", "9223372036854775808", "1e30", "1e400", "1e308", "NaN", "-0.0", '""', '"x"',
    r'"\u0000"', r'"\ud800"', r'"\u202e"', json.dumps("x" * 5_000), "[]", "[null]", "{}", '{"a": {"b": []}}',
    '"0001-01-01"', '"9999-12-31"', '"9999-12-31T23:59:59-23:59"', '"1e400"', '"NaN"', '"\u0663"', f'"{UUID}"',
    '"4111 1111 1111 1111"',
)  # fmt: skip
_JSON: Final = "application/json"
#: Bodies that are no command, with their media types.
BODIES: Final = (
    (b"", _JSON), (b"{", _JSON), (b"[]", _JSON), (b"null", _JSON), (b"1", _JSON), (b'"x"', _JSON), (b"{}", _JSON),
    (b"{}", ""), (b"\xff\xfe{}", _JSON), (b"\xef\xbb\xbf{}", _JSON), (b"[" * 100_000, _JSON),
    (b'{"a":' * 100_000, _JSON),
    (b'{"a":1,"a":2}', _JSON), (b'{"a":NaN}', _JSON), (b'{"a":"\\u0000"}', _JSON), (b"{} {}", _JSON),
    (b"{}", f"{_JSON}; charset=utf-16"), (b"{}", f"{_JSON}; charset=nonsense"),
    (b"a=1", "application/x-www-form-urlencoded"),
    (b"{}", "text/plain"), (b"--x\r\n", "multipart/form-data"), (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"{}", "a/b/c"), (b" " * (1024 * 1024 + 1), _JSON),
)  # fmt: skip
#: Values of headers; HTTP knows no NUL in one.
HEADERS: Final = (
    "", " ", "x" * 5_000, "\xff\xfe", "\u00b2", "null", "-1", "9" * 200, "1e400", "*/*;q=x", "a/b/c", UUID, "Bearer",
    "Bearer \xff", "Basic eA==", *MOMENTS[10:],
)  # fmt: skip


def encoded(value: str | bytes) -> str:
    """Percent-encoded, every sign that could mean anything to a URL."""
    return quote(value, safe="")


def in_path() -> Iterator[str]:
    """Parts of a path, encoded. An empty one is another path."""
    return map(encoded, (*TEXTS[1:], *NUMBERS, *MOMENTS))


def in_query(name: str, turn: int, real_cursor: str | None = None) -> Iterator[str]:
    """Values of a parameter by its name, encoded: `cursor` has its own; of all others each has every second one."""
    if name != "cursor":
        yield from map(encoded, (*TEXTS, *NUMBERS, *MOMENTS)[turn % 2 :: 2])
        return
    yield from map(encoded, TEXTS)
    yield from map(cursor, _NO_CURSORS)
    yield from _cursors_like(real_cursor)


def cursor(document: bytes) -> str:
    """A document as `next_cursor` encodes it."""
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def _cursors_like(real: str | None) -> Iterator[str]:
    """A list's own cursor with each of its members replaced, and longer and shorter by one."""
    position = json.loads(base64.urlsafe_b64decode(f"{real}==")) if real else [1]
    yield cursor(json.dumps([*position, 1]).encode())
    yield cursor(json.dumps(position[:-1]).encode())
    for at in range(len(position)):
        for member in _MEMBERS:
            yield cursor(json.dumps([*position[:at], member, *position[at + 1 :]]).encode())
