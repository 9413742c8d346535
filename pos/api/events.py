"""Serve events over HTTP: receive one or many, list and show arrivals."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledgersafe.http.authentication import (
    RememberingApiKeyAuthentication,
    StaffSessionAuthentication,
    api_key_of,
    principal_of,
)
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, page
from ledgersafe.http.permissions import Reach
from ledgersafe.http.problems import problem
from ledgersafe.http.rendering import NothingToNegotiate, json_response
from pos.api import event_serializers
from pos.arrivals import Refusal, bodies, payloads, queries
from pos.intake import Answer, receive
from pos.models import Result

#: Keys are authenticated from memory here, but the schema has one scheme for all keys.
_BY_KEY: Any = [{"ApiKey": []}]  # its type is declared as names, and taken as requirements
_DEVICE_TIME: Any = OpenApiParameter(
    "X-Device-Time",
    str,
    OpenApiParameter.HEADER,
    description="The device's own clock when it sends: an instant with an offset."
    " Off by more than a minute, it corrects occurred_at.",
)


def answer_response(answer: Answer) -> HttpResponse:
    """Render the contract's answer, or a problem for a rejected arrival, which is kept all the same."""
    if answer.result is Result.REJECTED:
        return problem(answer.status, answer.reason_code or "", answer.detail, raw_id=answer.raw_id)
    return json_response(answer.as_dict(), answer.status)


class EventsView(APIView):
    """`POST /v1/events` and `GET /v1/events`."""

    authentication_classes = [RememberingApiKeyAuthentication, StaffSessionAuthentication]
    content_negotiation_class = NothingToNegotiate
    scope = {"POST": "events:write", "GET": "events:read"}
    reach = Reach.REGISTER

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Allow only keys to send events; people may read them."""
        known = super().get_authenticators()
        return known[:1] if getattr(self.request, "method", None) == "POST" else known

    @extend_schema(
        operation_id="events_create",
        auth=_BY_KEY,
        summary="Send one event",
        parameters=[_DEVICE_TIME],
        request=event_serializers.EventSerializer,
        responses={
            201: event_serializers.AnswerSerializer,
            200: event_serializers.AnswerSerializer,
            202: event_serializers.AnswerSerializer,
            400: ProblemSerializer,
            413: ProblemSerializer,
            415: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        principal = api_key_of(request)
        received = bodies.read_body(request._request, settings.MAX_EVENT_BYTES)
        if received is None:
            return problem(413, "TOO_LARGE", f"An event has at most {settings.MAX_EVENT_BYTES} bytes.")
        how: dict[str, Any] = {"principal": principal, "headers": request.META, "now": timezone.now()}
        refusal = bodies.media_type_refusal(request.content_type, bodies.JSON_MEDIA_TYPES)
        if refusal is not None:
            return answer_response(receive.keep_refused(body=received, refusal=refusal, **how))
        return answer_response(receive.receive_event(body=received, **how))

    @extend_schema(
        operation_id="events_list",
        auth=_BY_KEY,
        summary="List arrivals, newest first",
        parameters=[
            OpenApiParameter("event_id", str),
            OpenApiParameter("store_id", str),
            OpenApiParameter("from", str, description="Received at or after: an instant or a day (UTC)."),
            OpenApiParameter("to", str, description="Received before: an instant, or through a day (UTC)."),
            OpenApiParameter("limit", int),
            OpenApiParameter("cursor", str),
        ],
        responses=event_serializers.ArrivalPageSerializer,
    )
    def get(self, request: Request) -> Response:
        arrivals = queries.list_arrivals(
            principal_of(request), queries.ArrivalFilter.read(request.query_params), cursor_of(request)
        )
        return page(arrivals, limit_of(request), payloads.arrival_item, lambda row: [row.id])


class EventBatchView(APIView):
    """`POST /v1/events/batch`: what a device collected while it was offline."""

    authentication_classes = [RememberingApiKeyAuthentication]
    content_negotiation_class = NothingToNegotiate
    scope = "events:write"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="events_batch",
        auth=_BY_KEY,
        summary="Send up to 1,000 events",
        parameters=[_DEVICE_TIME],
        request={
            "application/json": event_serializers.BatchSerializer,
            "application/x-ndjson": {"type": "string", "description": "One event per line."},
        },
        responses={200: event_serializers.BatchAnswerSerializer, 400: ProblemSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        principal = api_key_of(request)
        received = bodies.read_body(request._request, settings.MAX_BATCH_BYTES)
        if received is None:
            return problem(413, "TOO_LARGE", f"A batch has at most {settings.MAX_BATCH_BYTES} bytes.")
        how: dict[str, Any] = {"principal": principal, "headers": request.META, "now": timezone.now()}
        events = bodies.split_batch(received, request.content_type)
        if isinstance(events, Refusal):
            return answer_response(receive.keep_refused(body=received, refusal=events, **how))
        answers = receive.receive_batch(
            bodies=[event for event in events if len(event) <= settings.MAX_EVENT_BYTES], **how
        )
        return json_response(event_serializers.batch_answer(principal.tenant_slug, events, answers))


class EventView(APIView):
    """`GET /v1/events/{raw_id}`: one arrival as received, and what became of it."""

    scope = "events:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="events_show", summary="Show one arrival", responses=event_serializers.ArrivalSerializer
    )
    def get(self, request: Request, raw_id: str) -> Response:
        return Response(event_serializers.arrival_detail(queries.get_arrival(principal_of(request), raw_id)))
