"""HTTP of reading journals: parse, one call, render."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import book_schemas, book_serializers
from ledger.journals import JournalFilter, queries
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, page
from ledgersafe.http.permissions import Reach

_PAGING: Final = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]


class JournalsView(APIView):
    """`GET /v1/journals`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_list",
        summary="List journals, newest first",
        parameters=[
            OpenApiParameter("from", str, description="Business day."),
            OpenApiParameter("to", str, description="Business day, included."),
            OpenApiParameter("account", str, description="Code of an account it touches."),
            OpenApiParameter("external_ref", str),
            *_PAGING,
        ],
        responses=book_schemas.JournalPageSerializer,
    )
    def get(self, request: Request) -> Response:
        filters = JournalFilter.read(request.query_params)
        rows = queries.list_journals(principal_of(request).tenant_id, filters, cursor_of(request))
        return page(rows, limit_of(request), book_serializers.journal_item, lambda row: [row.id])


class JournalView(APIView):
    """`GET /v1/journals/{id}`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_show",
        summary="Show one journal with its lines",
        responses={200: book_schemas.JournalSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, journal_id: str) -> Response:
        detail = queries.get_journal(principal_of(request).tenant_id, queries.read_id(journal_id))
        return Response(book_serializers.journal_detail(detail))
