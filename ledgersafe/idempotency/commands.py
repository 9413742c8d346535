"""The decorator of every method that moves money: `@money_command(body)`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeAlias, TypeVar

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledgersafe.http.json_requests import read_object
from ledgersafe.http.members import Declared, refuse_unknown
from ledgersafe.idempotency import guard, rows
from ledgersafe.idempotency.stored_answers import MAX_KEY, Answer, Command, read_key

#: A request's one JSON object; numbers are exact (`exact_json`).
Body: TypeAlias = dict[str, Any]
Method: TypeAlias = Callable[..., HttpResponseBase]

KEY_HEADER: Final = OpenApiParameter(
    "X-Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=f"Chosen by the client, one per command: 1 to {MAX_KEY} printable characters. A repeat of the same "
    "request gets the same answer, with `Idempotent-Replayed: true`. `Idempotency-Key` is accepted too.",
)
_REPLAYED: Final = "Idempotent-Replayed"


def replayed_header(*statuses: int) -> OpenApiParameter:
    """Declare in the schema that answers of these statuses carry `Idempotent-Replayed` when they are repeats."""
    return OpenApiParameter(
        _REPLAYED,
        str,
        OpenApiParameter.HEADER,
        enum=["true"],
        response=list(statuses),
        description="Only if this is the stored answer to an earlier request.",
    )


R = TypeVar("R", bound=HttpResponse)


def replayed(response: R) -> R:
    """Mark an answer as a repeat."""
    response.headers[_REPLAYED] = "true"
    return response


def money_command(declared: Declared) -> Callable[[Method], Method]:
    """Guard a view's method: it becomes `method(self, request, body, **path)`, an operation of one transaction.

    :param declared: the body's serializer, for the schema; other members are refused.

    The view has checked scope and tenant before; the key and the body are read here, so the whole method runs inside
    the guard's transaction:

    * It validates `body` ({} when none was sent), calls operations (which `require_transaction()` and open none) and
      returns the answer, an `HttpResponse` or a DRF `Response`: status, media type and body are stored, other headers
      are not. Only a 2xx is committed.
    * Any error rolls the whole transaction back. A refusal of 422 is stored and repeated; after any other, the same key
      may be tried again. So a 422 means: never; a state that can change answers 409 or 404, or its error class sets
      `may_be_lifted`.
    * Deferred guards of Postgres must run before the answer is written: operations end with `force_constraints()`, and
      turn the IntegrityErrors they know into refusals. No savepoint is needed for that.
    * It may run more than once (`retry_serialization`), and not at all (a replay): no effects outside the database.
    """

    def guard_method(method: Method) -> Method:
        @extend_schema(request=declared, parameters=[KEY_HEADER, replayed_header(200, 201, 422)])
        @wraps(method)
        def guarded(view: APIView, request: Request, **path: Any) -> HttpResponse:
            command, body = _read(request)

            def work() -> Answer:
                # Checked only now, so that a repeat gets its stored answer whatever its body contains.
                refuse_unknown(body, declared)
                return _answer(view, request, method(view, request, body, **path))

            outcome = guard.carry_out(
                command, work, lambda refusal: _answer(view, request, view.handle_exception(refusal))
            )
            return _response(outcome)

        return guarded

    return guard_method


def idempotency_key_of(request: Request) -> str | None:
    """Read the key from the headers, in either spelling; None if there is none.

    :raises UnusableKey: not usable, or two that differ.
    """
    spellings = [request.META.get(f"HTTP_{name}") for name in ("X_IDEMPOTENCY_KEY", "IDEMPOTENCY_KEY")]
    return read_key(*spellings) if any(spelling is not None for spelling in spellings) else None


def _read(request: Request) -> tuple[Command, Body]:
    principal: Any = request.user  # a Principal: the view's permission has seen to it
    key = read_key(idempotency_key_of(request))
    body = read_object(request._request, principal.tenant_slug, declared=None, may_be_empty=True)
    command = Command.from_request(
        tenant_id=principal.tenant_id,
        principal=rows.answered_as(principal, key),
        actor=principal.actor,
        key=key,
        method=request.method or "",
        path=request.path_info,
        query=dict(request.query_params.lists()),
        body=body,
    )
    return command, body


def _answer(view: APIView, request: Request, response: HttpResponseBase) -> Answer:
    if isinstance(response, Response):
        view.finalize_response(request, response)
        response.render()
    if not isinstance(response, HttpResponse):
        raise TypeError("A money command's answer is kept: it cannot be a stream.")
    return Answer(response.status_code, response.headers["Content-Type"], response.content)


def _response(outcome: guard.Outcome) -> HttpResponse:
    answer = outcome.answer
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.media_type)
    return replayed(response) if outcome.is_replay else response
