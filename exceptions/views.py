"""HTTP of held work: the inbox and one case."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import console, queries, serializers
from ledgersafe.api import cursor_of, limit_of, page, principal_of


class CasesView(APIView):
    """`GET /v1/exceptions`: the inbox."""

    scope = "exceptions:read"

    @extend_schema(
        operation_id="exceptions_list",
        summary="List held events, newest first",
        parameters=[
            OpenApiParameter(name, str) for name in ("status", "reason_code", "store_id", "assigned_to", "cursor")
        ]
        + [OpenApiParameter("limit", int)],
        responses=serializers.CasePageSerializer,
    )
    def get(self, request: Request) -> Response:
        wanted = queries.CaseFilter.read(request.query_params)
        cases = queries.list_cases(principal_of(request), wanted, cursor_of(request))
        return page(cases, limit_of(request), serializers.case_item, queries.position_of)


class CaseView(APIView):
    """`GET /v1/exceptions/{id}`: a case with its versions side by side."""

    scope = "exceptions:read"

    @extend_schema(
        operation_id="exceptions_show", summary="Show one held event", responses=serializers.CaseDetailSerializer
    )
    def get(self, request: Request, case_id: str) -> Response:
        return Response(console.show_case(queries.get_case(principal_of(request), case_id)))
