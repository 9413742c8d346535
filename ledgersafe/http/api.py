"""DRF glue: API keys, problem+json, cursors. Only interfaces import it; scopes are in `permissions`."""

import base64
import binascii
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf_exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ledgersafe.postgres.db import is_unavailable
from ledgersafe.tenants import keys, staff
from ledgersafe.tenants.keys import KeyPrincipal, Principal
from ledgersafe.values.errors import DomainError, InvalidParameter

logger = logging.getLogger(__name__)

_CHALLENGE: Final = 'Bearer realm="ledger-safe"'
#: How paths of the API begin.
PREFIXES: Final = ("/v1/", "/api/")
MAX_LIMIT: Final = 500
DEFAULT_LIMIT: Final = 50

_DRF_CODES: Final = {
    401: "NOT_AUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "THROTTLED",
}


# ── Who calls ───────────────────────────────────────────────────────────────────────────────────
class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key>`; the principal becomes `request.user`."""

    def is_fresh(self, request: Request) -> bool:
        """Whether the key is looked up now, or may be answered from memory."""
        return True

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, key = header.partition(" ")
        if not header:
            return None
        if scheme.lower() != "bearer" or not key.strip():
            raise drf_exceptions.AuthenticationFailed("Send the API key as «Authorization: Bearer <key>».")
        principal = keys.authenticate(key.strip(), fresh=self.is_fresh(request))
        if principal is None:
            raise drf_exceptions.AuthenticationFailed("The API key is unknown, expired or revoked.")
        return principal, None

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


class RememberingApiKeyAuthentication(ApiKeyAuthentication):
    """For ingest: a POST answers from memory, since `pos_receive_alone_v1` checks the key in the posting statement."""

    def is_fresh(self, request: Request) -> bool:
        return request.method != "POST"


class StaffSessionAuthentication(SessionAuthentication):
    """A signed-in person of the back office, within their role; with CSRF, as sessions must be."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """:raises ledgersafe.tenants.staff.TenantNotNamed: they work for several, and named none."""
        person = self.person_of(request)
        if person is None:
            return None
        slug = request.META.get("HTTP_X_TENANT") or request.query_params.get("tenant")
        return staff.principal_of(person, slug), None

    def person_of(self, request: Request) -> staff.Person | None:
        """Who is signed in. :raises PermissionDenied: this changes something, and the CSRF token is missing."""
        person = getattr(request._request, "user", None)
        if person is None or not person.is_active or not person.is_staff:
            return None
        self.enforce_csrf(request)
        return person


def principal_of(request: Request) -> Principal:
    """Who calls: a key or a person. :raises NotAuthenticated: nobody does."""
    if not isinstance(request.user, Principal):
        raise drf_exceptions.NotAuthenticated("Send the API key as «Authorization: Bearer <key>».")
    return request.user


def api_key_of(request: Request) -> KeyPrincipal:
    """The authenticated key, where people may not call. :raises NotAuthenticated: there is none."""
    if not isinstance(request.user, KeyPrincipal):
        raise drf_exceptions.NotAuthenticated("Send the API key as «Authorization: Bearer <key>».")
    return request.user


# ── What is asked ───────────────────────────────────────────────────────────────────────────────
def flag_of(request: Request, name: str) -> bool:
    """A parameter that is true or false; left out: false. :raises InvalidParameter: it is something else."""
    text = request.query_params.get(name, "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise InvalidParameter(f"{name} must be true or false.")
    return text in {"true", "1"}


# ── What is answered ────────────────────────────────────────────────────────────────────────────
class JsonNegotiation(DefaultContentNegotiation):
    """There is JSON; an empty `Accept` accepts it."""

    def get_accept_list(self, request: Request) -> list[str]:
        return [token.strip() for token in (request.META.get("HTTP_ACCEPT") or "*/*").split(",")]


class NothingToNegotiate(JsonNegotiation):
    """For ingest: an odd `Accept` must not lose a sale, so a POST is answered with JSON whatever it says."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.method == "POST":
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson. Amounts are text or integers before they come here, so nothing is rounded."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=_exact_number)


def _exact_number(value: Any) -> orjson.Fragment:
    """A Decimal goes out digit by digit, as a JSON number."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} is not JSON")


def instant(value: datetime | None) -> str | None:
    """An instant as the API answers it: RFC 3339 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if value is not None else None


def json_response(data: Any, status: int = 200) -> HttpResponse:
    """A plain response for hot paths: nothing left to negotiate or render."""
    return HttpResponse(orjson.dumps(data), status=status, content_type="application/json")


def problem(status: int, code: str, detail: str, **members: Any) -> HttpResponse:
    """An RFC 9457 answer: type (stable slug), title, status, detail, code, and what else helps."""
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
    """DRF's exception handler: every refusal a problem, and everything else a logged 500 with a trace id."""
    if isinstance(error, DomainError):
        response = problem(error.http_status, error.code, error.message, **error.context)
        if error.http_status == 401:
            response.headers["WWW-Authenticate"] = _CHALLENGE
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
    """503: the same request may be sent again."""
    return problem(503, "UNAVAILABLE", "The database does not answer; send the same request again.", retry_after=2)


def unexpected(error: BaseException) -> HttpResponse:
    """A bug of ours: told by a trace id and nothing else, and logged with everything."""
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


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────
def limit_of(request: Request) -> int:
    """`limit`, 1–500. :raises InvalidParameter: it is something else."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MAX_LIMIT and len(text) < 4):
        raise InvalidParameter(f"limit must be a number from 1 to {MAX_LIMIT}.")
    return int(text)


def cursor_of(request: Request) -> list[Any] | None:
    """The position a `next_cursor` stands for. :raises InvalidParameter: it is not one of ours."""
    text = request.query_params.get("cursor")
    return decode_cursor(text) if text else None


def decode_cursor(text: str) -> list[Any]:
    """What `next_cursor` has encoded. :raises InvalidParameter: it is not one of ours."""
    try:
        position = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=="))
    except (ValueError, binascii.Error):
        position = None
    if not isinstance(position, list):
        raise InvalidParameter("cursor is not a next_cursor of this list.")
    return position


def page(
    rows: "QuerySet[Any]", limit: int, item: Callable[[Any], Any], position: Callable[[Any], list[Any]]
) -> Response:
    """One page of an ordered query set, `{"items", "next_cursor"}`; one row more than asked tells if more follow."""
    found: list[Model] = list(rows[: limit + 1])
    more = len(found) > limit
    cursor = next_cursor(position(found[limit - 1]) if more else None)
    return Response({"items": [item(row) for row in found[:limit]], "next_cursor": cursor})


def next_cursor(position: list[Any] | None) -> str | None:
    """What stands for a position in an answer; `cursor_of` reads it back."""
    return None if position is None else base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def read_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A plain view that answers GET and HEAD; any other method is a 405 problem."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        return view(request) if request.method in {"GET", "HEAD"} else method_not_allowed(["GET", "HEAD"])

    return csrf_exempt(answered)  # nothing is changed here, and the answer to a POST must be a problem too


def methods_of(view: Callable[..., Any]) -> list[str]:
    """The methods a view answers: those of its class, or those of a page."""
    kind = getattr(view, "cls", None)
    names = [name.upper() for name in getattr(kind, "http_method_names", ()) if hasattr(kind, name)]
    return names or ["GET", "HEAD", "POST"]


def method_not_allowed(allowed: Sequence[str]) -> HttpResponse:
    """405, with the methods there are."""
    response = problem(405, "METHOD_NOT_ALLOWED", "There is no such method here.")
    response.headers["Allow"] = ", ".join(allowed)
    return response


@csrf_exempt
def not_found(request: HttpRequest, *_: Any) -> HttpResponse:
    """Django's 404 handler for API paths."""
    return problem(404, "NOT_FOUND", f"There is nothing at {request.path[:200]}.")
