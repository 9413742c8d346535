"""Warm the application up before the workers are forked, so that they share its memory."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

logger = logging.getLogger(__name__)

#: Requests that need no database and no session, but load URLs, API, back office and templates.
_PATHS: Final = ("/health", "/v1/nothing-is-here", "/admin/login/")
#: Middleware left out: warm-up requests must not be counted, and there are no files to look for.
_WITHOUT: Final = ("django_prometheus.", "ledgersafe.http.middleware.BackOfficeWhiteNoise")


def warm() -> None:
    """Answer a few requests in this process. A failure here fails again, visibly, in a real request."""
    try:
        # Loads the driver, without connecting.
        list(connections.all())
        handler = _handler()
        for path in _PATHS:
            _ask(handler, path)
    except Exception:
        logger.warning("The application could not be warmed up", exc_info=True)
    finally:
        # A connection must not be shared by several processes.
        connections.close_all()


def _handler() -> WSGIHandler:
    """Build the application without the middleware that must not notice."""
    whole = settings.MIDDLEWARE
    try:
        settings.MIDDLEWARE = [name for name in whole if not name.startswith(_WITHOUT)]
        return WSGIHandler()
    finally:
        settings.MIDDLEWARE = whole


def _ask(handler: Callable[..., Iterable[bytes]], path: str) -> None:
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    answer = handler(environ, lambda *_: None)
    try:
        b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
