"""HTTP of transfers and their reversals: parse, one call, render."""

from collections import Counter
from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import book_schemas, book_serializers
from ledger.journals.queries import read_id
from ledger.periods import calendar_of
from ledger.transfers import ReversalRequest, TransferRequest, TransferResult, read_bulk, reversals, transfer
from ledgersafe.http.authentication import RememberingApiKeyAuthentication, StaffSessionAuthentication, principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import flag_of
from ledgersafe.http.permissions import Reach
from ledgersafe.http.rendering import instant, json_response
from ledgersafe.idempotency.commands import KEY_HEADER, idempotency_key_of, replayed, replayed_header

_REFUSALS: Final = dict.fromkeys((400, 403, 409, 413, 415, 422), ProblemSerializer)
_KEY: Final = OpenApiParameter("X-Idempotency-Key", str, OpenApiParameter.HEADER)
_REPLAYED: Final = replayed_header(200)
#: A POST authenticates its API key from memory, since the posting statement looks it up again. In the OpenAPI schema
#: both classes are one scheme.
_BY_ALL: Any = [{"ApiKey": []}, {"StaffSession": []}]


class TransfersView(APIView):
    """`POST /v1/transfers`."""

    authentication_classes = [RememberingApiKeyAuthentication, StaffSessionAuthentication]
    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="transfers_create",
        auth=_BY_ALL,
        summary="Post a transfer, once per key",
        parameters=[_KEY, _REPLAYED, OpenApiParameter("dry_run", bool, description="Run for real, then roll back.")],
        request=book_schemas.TransferSerializer,
        responses={
            201: book_schemas.TransferredSerializer,
            200: book_schemas.TransferredSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        principal, now = principal_of(request), timezone.now()
        transfer_request = TransferRequest.read(
            read_object(request._request, principal.tenant_slug, declared=book_schemas.TransferSerializer),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            today=calendar_of(principal.tenant_id).day_of(now),
        )
        use_case = transfer.preview if flag_of(request, "dry_run") else transfer.carry_out
        (result,) = use_case(principal=principal, requests=[transfer_request], now=now)
        answer = book_serializers.transfer_result(result)
        response = json_response(answer, 201 if answer["status"] == "applied" else 200)
        return response if result.is_new else replayed(response)


class TransferBulkView(APIView):
    """`POST /v1/transfers/bulk`: all or none."""

    authentication_classes = [RememberingApiKeyAuthentication, StaffSessionAuthentication]
    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="transfers_bulk",
        auth=_BY_ALL,
        summary="Post up to 500 transfers, all or none",
        parameters=[_REPLAYED],
        request=book_schemas.TransferBulkSerializer,
        responses={
            201: book_schemas.TransferredBulkSerializer,
            200: book_schemas.TransferredBulkSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        principal, now = principal_of(request), timezone.now()
        today = calendar_of(principal.tenant_id).day_of(now)
        body = read_object(request._request, principal.tenant_slug, declared=book_schemas.TransferBulkSerializer)
        transfer_requests = read_bulk(body, client=principal.client_id, today=today)
        transfer_results = transfer.carry_out(principal=principal, requests=transfer_requests, now=now, single=False)
        items = [book_serializers.transfer_result(result) for result in transfer_results]
        counts = Counter(item["status"] for item in items)
        response = json_response({"results": items, "counts": counts}, 201 if counts["applied"] else 200)
        return response if counts["applied"] else replayed(response)


class ReverseView(APIView):
    """`POST /v1/journals/{id}/reverse`."""

    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_reverse",
        summary="Reverse a transfer's journal",
        parameters=[KEY_HEADER, _REPLAYED],
        request=book_schemas.ReversalSerializer,
        responses={
            201: book_schemas.ReversedSerializer,
            200: book_schemas.ReversedSerializer,
            404: ProblemSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request, journal_id: str) -> Response:
        principal, now = principal_of(request), timezone.now()
        slug, declared = principal.tenant_slug, book_schemas.ReversalSerializer
        reversal = ReversalRequest.read(
            read_object(request._request, slug, declared=declared, may_be_empty=True),
            journal_id=read_id(journal_id),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            today=calendar_of(principal.tenant_id).day_of(now),
        )
        command, is_new = reversals.reverse_journal(principal=principal, request=reversal, now=now)
        answer = book_serializers.transfer_result(
            TransferResult(command.journal_id, instant(command.created_at), is_new)
        )
        response = Response(answer | {"reverses": reversal.journal_id}, status=201 if is_new else 200)
        return response if is_new else replayed(response)
