"""The smallest application that shows what a web server did with a request."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """`/big?N`: N bytes; `/parts?N`: as many, in parts; `/fails`: an exception; else what was asked."""
    body = environ["wsgi.input"].read()
    path, size = environ["PATH_INFO"], int(environ["QUERY_STRING"] or 0)
    if path == "/fails":
        raise ValueError("as it was asked to")
    headers = [("Content-Type", "text/plain")]
    if path == "/parts":
        start_response("200 OK", headers)
        return (b"x" * 1000 for _ in range(size // 1000))
    answer = b"x" * size if path == "/big" else f"{path} {len(body)} {hashlib.md5(body).hexdigest()}".encode()  # noqa: S324
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer)))])
    return [answer]
