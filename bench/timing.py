"""A clock around the whole stack: what a page costs the server, without the socket and whoever reads from it."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

ASK = "X-Bench-Time"
#: `Server-Timing: app;dur=12.345, db;desc="14"`: milliseconds, and statements sent to the database.
PATTERN = rb'\r\nServer-Timing: app;dur=([0-9.]+), db;desc="(\d+)"\r\n'


class ServerTimeMiddleware:
    """Outermost. Only where it is asked for: the other figures pay one look into a dictionary."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_X_BENCH_TIME" not in request.META:
            return self.get_response(request)
        statements = 0

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(*arguments)

        started = time.perf_counter()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        taken = (time.perf_counter() - started) * 1000
        response.headers["Server-Timing"] = f'app;dur={taken:.3f}, db;desc="{statements}"'
        return response
