"""A money command of the tests' own: it writes an audit entry, the one effect that is counted, and answers as told."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.urls import include, re_path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledgersafe import urls
from ledgersafe.audit import trail
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.rendering import json_response
from ledgersafe.idempotency.commands import Body, money_command
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound
from tests.conftest import Shop

PATH = "/v1/spend"
_numbers = itertools.count(1)


class TooMuch(DomainError):
    """That is more than there was."""

    code = "TOO_MUCH"
    http_status = 422


class ShopIsClosed(DomainError):
    """Not now."""

    code = "SHOP_CLOSED"
    http_status = 409


@dataclass
class Till:
    """How the command behaves, whatever its request says."""

    runs: int = 0
    fails: list[BaseException] = field(default_factory=list)
    seconds: float = 0.0


till = Till()
_REFUSALS = {"much": TooMuch, "closed": ShopIsClosed, "invalid": InvalidParameter, "absent": NotFound}


class SpendingSerializer(serializers.Serializer[Any]):
    """How much, and what is to become of it."""

    amount = serializers.CharField()
    do = serializers.CharField()
    status = serializers.IntegerField()
    qty = serializers.IntegerField()


class SpendView(APIView):
    """`POST /v1/spend`: one effect, or a refusal after one."""

    scope = "pos:write"

    @extend_schema(responses={201: None}, parameters=[OpenApiParameter("loud", bool)])
    @money_command(SpendingSerializer)
    def post(self, request: Request, body: Body, what: str = "") -> HttpResponse | Response:
        principal = principal_of(request)
        till.runs += 1
        trail.record(
            tenant_id=principal.tenant_id,
            actor=principal.actor,
            action="test.money.spent",
            object_type="money",
            object_id=str(body.get("amount", "0")),
        )
        if till.seconds:
            time.sleep(till.seconds)
        if till.fails:
            raise till.fails.pop()
        if refusal := _REFUSALS.get(body.get("do", "")):
            raise refusal
        if body.get("do") == "break":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        answer = {"spent": str(body.get("amount", "0")), "what": what, "number": next(_numbers)}
        if body.get("do") == "render":
            return Response(answer, status=201)
        return json_response(answer, int(body.get("status", 201)))


_mine = [re_path(r"^spend/?$", SpendView.as_view()), re_path(r"^spend/(?P<what>\w+)/?$", SpendView.as_view())]
urlpatterns = [re_path(r"^v1/", include(_mine)), re_path(r"^api/", include(_mine)), *urls.urlpatterns]
handler404 = urls.handler404
handler500 = urls.handler500


def spend(shop: Shop, key: str | None = "k-1", path: str = PATH, /, **body: Any) -> Any:
    """Send the command, under a key."""
    headers = {} if key is None else {"HTTP_X_IDEMPOTENCY_KEY": key}
    return shop.post(path, {"amount": "5"} | body, **headers)


def effects(shop: Shop) -> int:
    """How often money was spent."""
    return int(
        shop.rows("SELECT count(*) FROM audit_log WHERE tenant_id = %s AND action = %s", "test.money.spent")[0][0]
    )


def is_replay(answer: Any) -> bool:
    """Whether it says it was given before."""
    return bool(answer.headers.get("Idempotent-Replayed") == "true")
