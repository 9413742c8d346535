"""Answer refusals as problem+json (RFC 9457), and requests that no view answers."""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf_exceptions

from ledgersafe.http.authentication import CHALLENGE
from ledgersafe.postgres.db import is_unavailable
from ledgersafe.values.errors import DomainError

logger = logging.getLogger(__name__)

#: Prefixes of the API's paths.
PREFIXES: Final = ("/v1/", "/api/")
_DRF_CODES: Final = {
    401: "NOT_AUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "THROTTLED",
}


def problem(status: int, code: str, detail: str, **members: Any) -> HttpResponse:
    """Build an RFC 9457 answer: type (stable slug), title, status, detail, code, and further members."""
    body = {
        "type": f"/problems/{code.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **{name: value for name, value in members.items() if value is not None},
    }
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/problem+json")
    if members.get("retry_after") is not None:
        response.headers["Retry-After"] = str(members["retry_after"])
    return response


def problem_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Handle exceptions for DRF: a refusal becomes a problem, anything else a logged 500 with a trace id."""
    if isinstance(error, DomainError):
        response = problem(error.http_status, error.code, error.message, **error.context)
        if error.http_status == 401:
            response.headers["WWW-Authenticate"] = CHALLENGE
        return response
    if isinstance(error, drf_exceptions.APIException):
        return _drf_problem(error)
    if isinstance(error, Http404):
        return problem(404, "NOT_FOUND", "There is no such thing here.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "TOO_LARGE", "The body is too large.")
    if is_unavailable(error):
        return unavailable()
    return unexpected(error)


def unavailable() -> HttpResponse:
    """Answer 503: the client may send the same request again."""
    return problem(503, "UNAVAILABLE", "The database does not answer; send the same request again.", retry_after=2)


def unexpected(error: BaseException) -> HttpResponse:
    """Answer 500 with a trace id only; log the error with everything."""
    trace_id = uuid.uuid4().hex
    logger.error("Unexpected failure, trace_id=%s", trace_id, exc_info=error)
    return problem(500, "INTERNAL_ERROR", "An unexpected failure; it was logged.", trace_id=trace_id)


def _drf_problem(error: drf_exceptions.APIException) -> HttpResponse:
    code = _DRF_CODES.get(error.status_code, "INVALID_REQUEST")
    members: dict[str, Any] = {}
    if (wait := getattr(error, "wait", None)) is not None:  # throttled
        members["retry_after"] = int(wait) + 1
    response = problem(error.status_code, code, str(error.detail), **members)
    if header := getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = header
    return response


def read_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Restrict a plain view to GET and HEAD; other methods get a 405 problem."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        return view(request) if request.method in {"GET", "HEAD"} else method_not_allowed(["GET", "HEAD"])

    return csrf_exempt(answered)  # nothing is changed here, and the answer to a POST must be a problem too


def methods_of(view: Callable[..., Any]) -> list[str]:
    """List the methods a view answers."""
    kind = getattr(view, "cls", None)
    names = [name.upper() for name in getattr(kind, "http_method_names", ()) if hasattr(kind, name)]
    return names or ["GET", "HEAD", "POST"]


def method_not_allowed(allowed: Sequence[str]) -> HttpResponse:
    """Answer 405 with the allowed methods."""
    response = problem(405, "METHOD_NOT_ALLOWED", "There is no such method here.")
    response.headers["Allow"] = ", ".join(allowed)
    return response


@csrf_exempt
def not_found(request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer 404 to an unknown path of the API."""
    return problem(404, "NOT_FOUND", f"There is nothing at {request.path[:200]}.")
