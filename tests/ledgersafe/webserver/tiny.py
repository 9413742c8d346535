"""The smallest application that shows what a web server did with a request."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """`/big?N`: N bytes; `/parts?N`: as many, in parts; `/fails`, `/breaks`: an exception, at once or later.

    Anything else is answered with what was asked: path, length and fingerprint of the body.
    """
    body = environ["wsgi.input"].read()
    path, size = environ["PATH_INFO"], int(environ["QUERY_STRING"] or 0)
    if path == "/fails":
        raise ValueError("as it was asked to")
    if path == "/breaks":
        start_response("200 OK", [])
        return _breaking()
    headers = [("Content-Type", "text/plain")]
    if path == "/parts":
        start_response("200 OK", headers)
        return (b"x" * 1000 for _ in range(size // 1000))
    answer = b"x" * size if path == "/big" else f"{path} {len(body)} {hashlib.md5(body).hexdigest()}".encode()  # noqa: S324
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer)))])
    return [answer]


def _breaking() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("as it was asked to")
