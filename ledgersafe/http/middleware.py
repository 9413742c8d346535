"""Middleware. Requests with an API key skip the back office's stack: they have no session."""

from collections.abc import Callable
from typing import Any, TypeAlias

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, resolve
from whitenoise.middleware import WhiteNoiseMiddleware

from ledgersafe.http.error_pages import answer_unavailable, unknown_page
from ledgersafe.http.problems import PREFIXES, method_not_allowed, methods_of, not_found
from ledgersafe.telemetry import request_id

Handler: TypeAlias = Callable[[HttpRequest], HttpResponseBase]


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class RequestIdMiddleware:
    """Gives every request an id, and answers it as `X-Request-Id`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = request_id.begin(request.META.get("HTTP_X_REQUEST_ID"))
        try:
            # An unknown method of any length would become a label of django-prometheus' metrics.
            response = self.get_response(request) if request.method in _METHODS else _no_such_method(request)
        finally:
            request_id.end()
        response.headers["X-Request-Id"] = current
        if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
            # Without a length the server would send every short answer in chunks.
            response.headers["Content-Length"] = str(len(response.content))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 to an error that no view caught if Postgres is unavailable."""
        return answer_unavailable(request, error)


def _no_such_method(request: HttpRequest) -> HttpResponse:
    """Answer 405 with the methods of the path, or 404."""
    try:
        view: Any = resolve(request.path_info).func
    except Resolver404:
        return not_found(request)
    return not_found(request) if view in {not_found, unknown_page} else method_not_allowed(methods_of(view))


class StorableTextMiddleware:
    """Refuses addresses with a NUL character, which no text in Postgres can hold.

    Here for all routes, present and future. In a path it is a 404; in a query a 400 for programs, while a page opens
    without the NUL. A session cookie with characters that we never issue is dropped.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, without NULs.

        :raises Http404: a NUL in the path.
        :raises BadRequest: a NUL in the query of an API request.
        """
        if "\x00" in request.path_info:
            raise Http404
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query and not request.path_info.startswith("/admin/"):
            raise BadRequest
        while "%00" in query:
            query = request.META["QUERY_STRING"] = query.replace("%00", "")
        if not request.COOKIES.get(settings.SESSION_COOKIE_NAME, "x").isalnum():
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return self.get_response(request)


def _brings_api_key(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META and request.path_info.startswith(PREFIXES)


def _unless_api_key(middleware: type[Any]) -> type[Any]:
    class Skipping(middleware):  # type: ignore[misc]  # which of Django's it is, is the parameter
        def __call__(self, request: HttpRequest) -> Any:
            if _brings_api_key(request):
                return self.get_response(request)
            return super().__call__(request)

        def process_view(self, request: HttpRequest, *args: Any) -> Any:
            if _brings_api_key(request) or not hasattr(middleware, "process_view"):
                return None
            return super().process_view(request, *args)

    Skipping.__name__ = f"BackOffice{middleware.__name__}"
    return Skipping


#: The classes in settings.MIDDLEWARE: Django's own, skipped for requests with an API key.
BackOfficeSecurity = _unless_api_key(SecurityMiddleware)
BackOfficeWhiteNoise = _unless_api_key(WhiteNoiseMiddleware)
BackOfficeSessions = _unless_api_key(SessionMiddleware)
BackOfficeCsrf = _unless_api_key(CsrfViewMiddleware)
BackOfficeAuthentication = _unless_api_key(AuthenticationMiddleware)
BackOfficeMessages = _unless_api_key(MessageMiddleware)
BackOfficeClickjacking = _unless_api_key(XFrameOptionsMiddleware)
BackOfficeCsp = _unless_api_key(CSPMiddleware)
