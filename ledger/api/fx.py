"""HTTP of foreign currency: parse, one call, render."""

from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.accounts.requests import Problems, read_amount
from ledger.api import fx_serializers as serializers
from ledger.calendar.parameters import moment_of
from ledger.fx import rate_text, rates, record_rates, settle, settlement_queries
from ledger.fx.rates import RateQuestion
from ledger.fx.requests import instant_of, read_rates
from ledger.fx.settlement_requests import SettlementRequest
from ledger.models import RateSource
from ledger.periods import calendar_memory
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
        summary="Record a rate, or up to 1,000; what is current already stays as it is",
        request=serializers.NewRateSerializer,
        responses={201: serializers.RECORDED, 200: serializers.RECORDED, **_REFUSALS},
    )
    def put(self, request: Request) -> Response:
        principal = principal_of(request)
        body = read_object(request._request, principal.tenant_slug, declared=serializers.NewRateSerializer)
        wanted = read_rates(body, now=timezone.now())
        recorded = record_rates.record_rates(
            tenant_id=principal.tenant_id, rates=wanted, source=RateSource.API, actor=principal.actor
        )
        items = [serializers.rate_item(row) for row in record_rates.current(principal.tenant_id, wanted)]
        counts = {"recorded": recorded, "unchanged": len(wanted) - recorded}
        answer: dict[str, Any] = {"items": items, "counts": counts} if "rates" in body else items[0]
        return Response(answer, status=201 if recorded else 200)

    @extend_schema(
        operation_id="fx_rates_list",
        summary="Show the rate that holds for a pair, or list all versions, newest first",
        parameters=[
            OpenApiParameter("pair", str, description="EUR/USD; without it, all versions of all pairs."),
            OpenApiParameter("history", bool, description="All versions of the pair."),
            _AS_OF,
            *_PAGING,
        ],
        responses={200: serializers.RatePageSerializer, 404: ProblemSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        tenant_id, text = principal_of(request).tenant_id, request.query_params.get("pair")
        pair = rate_text.pair_of(text) if text else None
        if pair is not None and not flag_of(request, "history"):
            at = _instant(request)
            found = rates.latest(tenant_id, RateQuestion(*pair, at))
            if found is None:
                raise NotFound(f"No rate {pair[0]}/{pair[1]} is known as of then, nor the opposite one.")
            return Response(serializers.current_item(found, *pair, at))
        as_of = _instant(request) if request.query_params.get("as_of") else None
        rows = rates.list_rates(tenant_id, pair, as_of, cursor_of(request))
        return page(rows, limit_of(request), serializers.rate_item, lambda row: [row.pk])


class ConvertView(APIView):
    """`GET /v1/fx/convert`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="fx_convert",
        summary="Say what an amount comes to in another currency; nothing is posted",
        parameters=[*(OpenApiParameter(name, str, required=True) for name in ("from", "to", "amount")), _AS_OF],
        responses={200: serializers.ConversionSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        asked, at, problems = request.query_params, _instant(request), Problems()
        source, target = rate_text.pair_of(f"{asked.get('from', '')}/{asked.get('to', '')}", "from/to")
        minor = read_amount(problems, "/amount", asked.get("amount"), source)
        problems.refuse()
        rate = rates.usable(principal_of(request).tenant_id, RateQuestion(source, target, at))
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
            OpenApiParameter("dry_run", bool, description="The real path, rolled back."),
        ],
        request=serializers.NewSettlementSerializer,
        responses={201: serializers.SettledSerializer, 200: serializers.SettledSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        principal, now, dry_run = principal_of(request), timezone.now(), flag_of(request, "dry_run")
        wanted = SettlementRequest.read(
            read_object(request._request, principal.tenant_slug, declared=serializers.NewSettlementSerializer),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            calendar=calendar_memory.of(principal.tenant_id),
            now=now,
        )
        row, is_new = settle.settle(principal=principal, request=wanted, now=now, dry_run=dry_run)
        answer = serializers.settled_item(row, is_new=is_new, dry_run=dry_run)
        response = Response(answer, status=201 if answer["status"] == "applied" else 200)
        return response if is_new else replayed(response)

    @extend_schema(
        operation_id="fx_settlements_list",
        summary="List settlements, newest first",
        parameters=_PAGING,
        responses=serializers.SettlementPageSerializer,
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
        responses={200: serializers.SettlementSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, settlement_id: str) -> Response:
        found = settlement_queries.get_settlement(principal_of(request).tenant_id, settlement_id)
        return Response(serializers.settlement_item(found))


def _instant(request: Request) -> datetime:
    calendar = calendar_memory.of(principal_of(request).tenant_id)
    return instant_of(moment_of(request.query_params, "as_of"), calendar, now=timezone.now())
