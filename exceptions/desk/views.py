"""Endpoints of `/v1/exceptions`: the inbox, a case, decisions on it."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exceptions import queries
from exceptions.desk import actions, case_json, serializers
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, page
from ledgersafe.http.permissions import Reach

_DECISION = {
    "application/json": serializers.DecisionSerializer,
    "application/json-patch+json": serializers.JsonPatchDecisionSerializer,
}
_REFUSALS = dict.fromkeys((400, 403, 404, 409, 422), ProblemSerializer)


class CasesView(APIView):
    """`GET /v1/exceptions`: the inbox."""

    scope = "exceptions:read"
    reach = Reach.STORE

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
        filters = queries.CaseFilter.read(request.query_params)
        cases = queries.list_cases(principal_of(request), filters, cursor_of(request))
        return page(cases, limit_of(request), serializers.case_item, queries.position_of)


class CaseView(APIView):
    """`GET /v1/exceptions/{id}`: a case with its versions side by side."""

    scope = "exceptions:read"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_show", summary="Show one held event", responses=serializers.CaseDetailSerializer
    )
    def get(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        return Response(case_json.show_case(queries.get_case(principal, case_id), bound_to=principal.store_code))


class ResolveView(APIView):
    """`POST /v1/exceptions/{id}/resolve`: decide a case: post a version, or dismiss it."""

    scope = "exceptions:resolve"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_resolve",
        summary="Decide a held event",
        request=_DECISION,
        responses={200: serializers.ResolvedSerializer, **_REFUSALS},
    )
    def post(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.DecisionSerializer)
        return Response(actions.resolve(principal, case_id, body, now=timezone.now()))


class PreviewView(APIView):
    """`POST /v1/exceptions/{id}/preview`: run a decision and roll it back."""

    scope = "exceptions:resolve"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_preview",
        summary="Show what a decision would do",
        request=_DECISION,
        responses={200: serializers.PreviewSerializer, **_REFUSALS},
    )
    def post(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.DecisionSerializer)
        return Response(actions.preview(principal, case_id, body, now=timezone.now()))


class DeclineView(APIView):
    """`POST /v1/exceptions/{id}/decline`: refuse a colleague's proposal; the exception stays open."""

    scope = "exceptions:resolve"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_decline",
        summary="Decline a proposed decision",
        request={"application/json": serializers.EndingSerializer},
        responses={200: serializers.EndedSerializer, **_REFUSALS},
    )
    def post(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.EndingSerializer)
        return Response(actions.decline(principal, case_id, body, now=timezone.now()))


class WithdrawView(APIView):
    """`POST /v1/exceptions/{id}/withdraw`: withdraw one's own proposal; the exception stays open."""

    scope = "exceptions:resolve"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_withdraw",
        summary="Withdraw a proposed decision",
        request={"application/json": serializers.EndingSerializer},
        responses={200: serializers.EndedSerializer, **_REFUSALS},
    )
    def post(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.EndingSerializer)
        return Response(actions.withdraw(principal, case_id, body, now=timezone.now()))


class AssignView(APIView):
    """`POST /v1/exceptions/{id}/assign`: assign a case."""

    scope = "exceptions:resolve"
    reach = Reach.STORE

    @extend_schema(
        operation_id="exceptions_assign",
        summary="Assign a held event",
        request=serializers.AssignmentSerializer,
        responses={200: serializers.AssignedSerializer, **_REFUSALS},
    )
    def post(self, request: Request, case_id: str) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.AssignmentSerializer)
        return Response(actions.assign(principal, case_id, body, now=timezone.now()))


class BulkResolveView(APIView):
    """`POST /v1/exceptions/bulk-resolve`: decide the same on up to 500 cases, an outcome each."""

    scope = "exceptions:resolve"
    reach = Reach.STORE
    permission = "exceptions.bulk_decide_exceptioncase"

    @extend_schema(
        operation_id="exceptions_bulk_resolve",
        summary="Decide many held events",
        request={"application/json": serializers.BulkDecisionSerializer},
        responses={200: serializers.BulkResolvedSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        principal = principal_of(request)
        body = actions.read_body(request._request, principal, serializers.BulkDecisionSerializer)
        return Response(actions.resolve_in_bulk(principal, body, now=timezone.now()))
