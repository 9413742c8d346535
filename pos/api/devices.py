"""Serve devices, their gaps, and explanations over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledgersafe.http.authentication import principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, next_cursor
from ledgersafe.http.permissions import Reach
from pos.api import device_serializers as serializers
from pos.devices import explain, fold, queries

EXPLAIN = "pos.explain_devicegap"
_REFUSALS: Any = dict.fromkeys((400, 403, 404), ProblemSerializer)
_PAGE = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]


class DevicesView(APIView):
    """`GET /v1/devices`."""

    scope = "pos:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="devices_list",
        summary="List the devices that number their events, and how many of these are missing",
        description="Scope `pos:read`; not for a key that is bound to a store.",
        parameters=_PAGE,
        responses={200: serializers.DevicePageSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        tenant_id, limit = principal_of(request).tenant_id, limit_of(request)
        after = queries.device_after(cursor_of(request))
        fold.fold_devices(tenant_id=tenant_id)
        devices = queries.list_devices(tenant_id, after=after, limit=limit + 1)
        cursor = next_cursor([devices[limit - 1].device_id] if len(devices) > limit else None)
        return Response(
            {"items": [serializers.device_item(device) for device in devices[:limit]], "next_cursor": cursor}
        )


class GapsView(APIView):
    """`GET /v1/devices/{device_id}/gaps`."""

    scope = "pos:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="devices_gaps",
        summary="List what is missing of a device, exact at this moment",
        description="Scope `pos:read`; not for a key that is bound to a store. `limit` counts holes; a hole that is "
        "explained in part is told in parts.",
        parameters=_PAGE,
        responses={200: serializers.GapPageSerializer, **_REFUSALS},
    )
    def get(self, request: Request, device_id: str) -> Response:
        tenant_id, limit = principal_of(request).tenant_id, limit_of(request)
        above = queries.number_above(cursor_of(request))
        fold.fold_devices(tenant_id=tenant_id)
        gaps, more = queries.list_gaps(tenant_id, device_id, above=above, limit=limit)
        cursor = next_cursor(None if more is None else [more])
        return Response({"items": [serializers.gap_item(gap) for gap in gaps], "next_cursor": cursor})


class ExplainGapView(APIView):
    """`POST /v1/devices/{device_id}/gaps/explain`."""

    scope = "admin"
    reach = Reach.TENANT
    permission = EXPLAIN

    @extend_schema(
        operation_id="devices_gaps_explain",
        summary="Say why numbers of a device are missing",
        description="For supervisors, and keys with `admin`. It stays on record; what comes later is posted as ever.",
        request=serializers.ExplainGapSerializer,
        responses={201: serializers.ExplainedGapSerializer, 409: ProblemSerializer, **_REFUSALS},
    )
    def post(self, request: Request, device_id: str) -> Response:
        principal = principal_of(request)
        body = read_object(request._request, principal.tenant_slug, declared=serializers.ExplainGapSerializer)
        missing = serializers.read_missing(device_id, body)
        explanation = explain.explain_gap(
            tenant_id=principal.tenant_id, missing=missing, actor=principal.actor, now=timezone.now()
        )
        return Response(serializers.explained_body(explanation), status=201)
