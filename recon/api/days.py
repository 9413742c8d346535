"""Endpoints of business days: list, readiness, close, reopening, files of the accountant pack."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.models import Period
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.members import Declared
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, page
from ledgersafe.http.permissions import Reach
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.staff import StaffPrincipal
from ledgersafe.values.errors import InvalidParameter
from recon import packs
from recon.api import serializers
from recon.closing import check_readiness, close_day, queries, reopen_day

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFUSALS = dict.fromkeys((400, 403, 404, 409), ProblemSerializer)
CLOSE, REOPEN = "recon.close_period", "recon.reopen_period"


class DayView(APIView):
    """Base of the views: a day belongs to the whole tenant, and people need the permission to close or reopen it."""

    reach = Reach.TENANT
    scope: "str | Mapping[str, str]" = {"GET": "ledger:read", "POST": "ledger:write"}
    permission: "Mapping[str, str]" = {"POST": CLOSE}


class PeriodsView(DayView):
    """`GET /v1/periods`: business days."""

    @extend_schema(
        operation_id="periods_list",
        summary="List business days, newest first",
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=serializers.DayPageSerializer,
    )
    def get(self, request: Request) -> Response:
        rows = queries.list_periods(principal_of(request).tenant_id, cursor_of(request))
        return page(rows, limit_of(request), _item, queries.position_of)


class ReadinessView(DayView):
    """`GET /v1/periods/{date}/readiness`: state, blockers, open work."""

    @extend_schema(
        operation_id="periods_readiness",
        summary="Show what stands against closing a day",
        responses={200: serializers.BoardSerializer, **_REFUSALS},
    )
    def get(self, request: Request, day: str) -> Response:
        tenant = Tenant.objects.get(pk=principal_of(request).tenant_id)
        return Response(serializers.board(check_readiness(tenant, queries.read_day(day), now=timezone.now())))


class CloseView(DayView):
    """`POST /v1/periods/{date}/close`: close a day."""

    @extend_schema(
        operation_id="periods_close",
        summary="Close a business day",
        request=serializers.CloseOrderSerializer,
        responses={200: serializers.ClosedDaySerializer, **_REFUSALS},
    )
    def post(self, request: Request, day: str) -> Response:
        principal = principal_of(request)
        result = close_day(
            tenant_id=principal.tenant_id,
            day=queries.read_day(day),
            actor=principal.actor,
            now=timezone.now(),
            may_force=isinstance(principal, StaffPrincipal) or principal.may_approve,
            **_order(_read(request, serializers.CloseOrderSerializer)),
        )
        return Response(serializers.closed_day(result))


class ReopenView(DayView):
    """`POST /v1/periods/{date}/reopen`: open the last closed day again. For supervisors, and keys with `admin`."""

    permission = {"POST": REOPEN}
    scope = "admin"

    @extend_schema(
        operation_id="periods_reopen",
        summary="Open the last closed business day again",
        request=serializers.ReopenOrderSerializer,
        responses={200: serializers.ReopenedDaySerializer, **_REFUSALS},
    )
    def post(self, request: Request, day: str) -> Response:
        principal = principal_of(request)
        reason = _read(request, serializers.ReopenOrderSerializer).get("reason")
        result = reopen_day(
            tenant_id=principal.tenant_id,
            day=queries.read_day(day),
            actor=principal.actor,
            reason=reason if isinstance(reason, str) else "",
        )
        return Response(serializers.reopened_day(result))


class PackView(DayView):
    """`GET /v1/periods/{date}/pack/{name}`: one file of a closed day's accountant pack."""

    @extend_schema(
        operation_id="periods_pack",
        summary="Download a file of the accountant pack",
        parameters=[OpenApiParameter("revision", int, description="Revision of an earlier close, after a reopening.")],
        responses={
            **{(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in packs.MEDIA_TYPES.values()},
            **_REFUSALS,
        },
    )
    def get(self, request: Request, day: str, name: str) -> HttpResponseBase:
        revision = queries.read_revision(request.query_params.get("revision"))
        close = queries.get_close(principal_of(request).tenant_id, queries.read_day(day), revision=revision)
        content = packs.content(close, name)
        disposition = f'attachment; filename="{packs.file_name(close, name)}"'
        return StreamingHttpResponse(
            content, content_type=packs.media_type(name), headers={"Content-Disposition": disposition}
        )


def _item(row: Period) -> dict[str, Any]:
    in_effect = (close for close in row.closes.all() if close.closed_at == row.closed_at)
    return serializers.period_item(row, next(in_effect, None))


def _read(request: Request, declared: Declared) -> dict[str, Any]:
    """Read a JSON object; an empty body reads as `{}`. :raises DomainError: as `json_requests.read_object`."""
    return read_object(request._request, principal_of(request).tenant_slug, declared=declared, may_be_empty=True)


def _order(body: "Mapping[str, Any]") -> dict[str, Any]:
    """Read `force` and `notes` of a close. :raises InvalidParameter: one has another type."""
    force, notes = body.get("force", False), body.get("notes") or ""
    if not isinstance(force, bool):
        raise InvalidParameter("force must be true or false.")
    if not isinstance(notes, str):
        raise InvalidParameter("notes must be text.")
    return {"force": force, "notes": notes}
