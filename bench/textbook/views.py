"""The other contestants' endpoints: authenticated by the same remembered key, parsed and rendered by DRF."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.textbook.models import OneRow
from bench.textbook.posting import receive_sale
from bench.textbook.serializers import SaleSerializer
from ledgersafe.http.authentication import RememberingApiKeyAuthentication, principal_of

_STATUS = {"processed": 201, "duplicate": 200, "quarantined": 202}


class TextbookEventsView(APIView):
    """`POST /v1/events` as the textbook has it."""

    authentication_classes = [RememberingApiKeyAuthentication]
    scope = "events:write"

    def post(self, request: Request) -> Response:
        principal = principal_of(request)
        body = request.body  # before `data`, which would consume it
        serializer = SaleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        headers = {name: request.headers[name] for name in ("Content-Type", "Content-Length", "User-Agent")}
        result, raw, journal = receive_sale(principal, body, request.data, serializer.validated_data, headers)
        answer: dict[str, Any] = {
            "tenant_id": principal.tenant_slug,
            "idempotency_key": raw.event_id,
            "raw_id": raw.pk,
            "result": result,
            "exception_id": None,
            "reason_code": None,
            "journal_id": journal.pk if journal else None,
        }
        return Response(answer, status=_STATUS[result])


class OneRowView(APIView):
    """The least a DRF endpoint can do and still keep something: one row through the ORM."""

    authentication_classes = [RememberingApiKeyAuthentication]
    scope = "events:write"

    def post(self, request: Request) -> Response:
        row = OneRow.objects.create(payload=request.data)
        return Response({"id": row.pk}, status=201)
