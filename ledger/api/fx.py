"""HTTP of foreign currency: parse, one call, render."""

from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.accounts import Problems, read_amount
from ledger.api import fx_schemas as schemas
from ledger.api import fx_serializers as serializers
from ledger.api import settlement_schemas
from ledger.calendar import moment_of
from ledger.fx import RateQuery, rate_text, rates, record_rates, settle, settlement_queries
from ledger.fx.requests import instant_of, read_rates
from ledger.fx.settlement_requests import SettlementRequest
from ledger.models import RateSource
from ledger.periods import calendar_of
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, flag_of, limit_of, page
from ledgersafe.http.permissions import Reach
from ledgersafe.idempotency.commands import idempotency_key_of, replayed, replayed_header
from ledgersafe.values.errors import NotFound

_REFUSALS: Final = dict.fromkeys((400, 403, 409, 413, 415, 422), ProblemSerializer)
_PAGING: Final = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]
_AS_OF: Final = OpenApiParameter("as_of", str, description="An instant with an offset, or a business day: its end.")
_KEY: Final = OpenApiParameter("X-Idempotency-Key", str, OpenApiParameter.HEADER)
_SCOPES: Final = {"GET": "ledger:read", "PUT": "ledger:write", "POST": "ledger:write"}


class RatesView(APIView):
    """`PUT` and `GET /v1/fx/rates`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="fx_rates_put",
        summary="Record one rate, or up to 1,000",
        request=schemas.NewRateSerializer,
        responses={201: schemas.RECORDED, 200: schemas.RECORDED, **_REFUSALS},
    )
    def put(self, request: Request) -> Response:
        principal = principal_of(request)
        body = read_object(request._request, principal.tenant_slug, declared=schemas.NewRateSerializer)
        new_rates = read_rates(body, now=timezone.now())
        recorded = record_rates.record_rates(
            tenant_id=principal.tenant_id, rates=new_rates, source=RateSource.API, actor=principal.actor
        )
        items = [serializers.rate_item(row) for row in record_rates.current(principal.tenant_id, new_rates)]
        counts = {"recorded": recorded, "unchanged": len(new_rates) - recorded}
        answer: dict[str, Any] = {"items": items, "counts": counts} if "rates" in body else items[0]
        return Response(answer, status=201 if recorded else 200)

    @extend_schema(
        operation_id="fx_rates_list",
        summary="Show the current rate of a pair, or list all versions, newest first",
        parameters=[
            OpenApiParameter("pair", str, description="EUR/USD; without it, all versions of all pairs."),
            OpenApiParameter("history", bool, description="All versions of the pair."),
            _AS_OF,
            *_PAGING,
        ],
        responses={200: schemas.RatePageSerializer, 404: ProblemSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        tenant_id, text = principal_of(request).tenant_id, request.query_params.get("pair")
        pair = rate_text.pair_of(text) if text else None
        if pair is not None and not flag_of(request, "history"):
            at = _instant(request)
            rate = rates.latest(tenant_id, RateQuery(*pair, at))
            if rate is None:
                raise NotFound(f"No rate {pair[0]}/{pair[1]} was known then, nor its inverse.")
            return Response(serializers.current_item(rate, *pair, at))
        as_of = _instant(request) if request.query_params.get("as_of") else None
        rows = rates.list_rates(tenant_id, pair, as_of, cursor_of(request))
        return page(rows, limit_of(request), serializers.rate_item, lambda row: [row.pk])


class ConvertView(APIView):
    """`GET /v1/fx/convert`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="fx_convert",
        summary="Convert an amount at the rate of an instant; posts nothing",
        parameters=[*(OpenApiParameter(name, str, required=True) for name in ("from", "to", "amount")), _AS_OF],
        responses={200: schemas.ConversionSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        parameters, at, problems = request.query_params, _instant(request), Problems()
        source, target = rate_text.pair_of(f"{parameters.get('from', '')}/{parameters.get('to', '')}", "from/to")
        minor = read_amount(problems, "/amount", parameters.get("amount"), source)
        problems.refuse()
        rate = rates.usable(principal_of(request).tenant_id, RateQuery(source, target, at))
        return Response(serializers.conversion_item(rate.converts(source, target, minor), at))


class SettlementsView(APIView):
    """`POST` and `GET /v1/fx/settlements`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="fx_settlements_create",
        summary="Move money into an account of another currency, once per key",
        parameters=[
            _KEY,
            replayed_header(200),
            OpenApiParameter("dry_run", bool, description="Run for real, then roll back."),
        ],
        request=settlement_schemas.NewSettlementSerializer,
        responses={201: settlement_schemas.SettledSerializer, 200: settlement_schemas.SettledSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        principal, now, dry_run = principal_of(request), timezone.now(), flag_of(request, "dry_run")
        settlement_request = SettlementRequest.read(
            read_object(request._request, principal.tenant_slug, declared=settlement_schemas.NewSettlementSerializer),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            calendar=calendar_of(principal.tenant_id),
            now=now,
        )
        row, is_new = settle.settle(principal=principal, request=settlement_request, now=now, dry_run=dry_run)
        answer = serializers.settled_item(row, is_new=is_new, dry_run=dry_run)
        response = Response(answer, status=201 if answer["status"] == "applied" else 200)
        return response if is_new else replayed(response)

    @extend_schema(
        operation_id="fx_settlements_list",
        summary="List settlements, newest first",
        parameters=_PAGING,
        responses=settlement_schemas.SettlementPageSerializer,
    )
    def get(self, request: Request) -> Response:
        rows = settlement_queries.list_settlements(principal_of(request).tenant_id, cursor_of(request))
        return page(rows, limit_of(request), serializers.settlement_item, lambda row: [row.pk])


class SettlementView(APIView):
    """`GET /v1/fx/settlements/{id}`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="fx_settlements_show",
        summary="Show one settlement",
        responses={200: settlement_schemas.SettlementSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, settlement_id: str) -> Response:
        settlement = settlement_queries.get_settlement(principal_of(request).tenant_id, settlement_id)
        return Response(serializers.settlement_item(settlement))


def _instant(request: Request) -> datetime:
    calendar = calendar_of(principal_of(request).tenant_id)
    return instant_of(moment_of(request.query_params, "as_of"), calendar, now=timezone.now())
