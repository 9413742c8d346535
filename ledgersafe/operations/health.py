"""Health: probes for machines, counters for people."""

import logging
from collections import Counter
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from exceptions import queries as exceptions_queries
from ledgersafe.http.authentication import ApiKeyAuthentication, StaffSessionAuthentication
from ledgersafe.http.problems import read_only
from ledgersafe.http.rendering import json_response
from ledgersafe.tenants import staff
from ledgersafe.tenants.principals import Principal
from pos.arrivals import queries as pos_queries

logger = logging.getLogger(__name__)

_FAILURES: Final = (DatabaseError, InterfaceError)


@read_only
def live(request: HttpRequest) -> HttpResponse:
    """Answer `GET /health`: this process runs."""
    return JsonResponse({"status": "ok"})


@read_only
def ready(request: HttpRequest) -> HttpResponse:
    """Answer `GET /ready`: this process reaches the database."""
    try:
        _database_time()
    except _FAILURES as error:
        return _degraded(error)
    return JsonResponse({"status": "ok"})


_HEALTH: Final = inline_serializer(
    "Health",
    {
        "status": serializers.CharField(),
        "db": serializers.CharField(required=False),
        "db_time": serializers.DateTimeField(required=False),
        "counts": serializers.DictField(required=False),
    },
)


class HealthView(APIView):
    """`GET /v1/health`: with a key the tenant's counters, with a session those of all the person's tenants.

    A key of one store or register gets the status only, not the tenant's counters.
    """

    permission_classes = []

    def perform_authentication(self, request: Request) -> None:
        """Skip authentication: it needs the database this endpoint checks (see `_who`)."""

    @extend_schema(
        summary="Health and counters",
        responses=dict.fromkeys((200, 503), _HEALTH),
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer the status, and the caller's counters."""
        try:
            db_time = _database_time()
            who = _who(request)
            if who is None:
                return json_response({"status": "ok"})
            body = {"status": "ok", "db": "ok", "db_time": db_time}
            if isinstance(who, Principal) and who.is_bound:
                return json_response(body)  # the counters are the whole tenant's
            counts = _counts(who.tenant_id) if isinstance(who, Principal) else _counts_for(who)
        except _FAILURES as error:
            return _degraded(error)
        return json_response(body | {"counts": counts})


def _counts(tenant_id: int | None) -> dict[str, Any]:
    """Count one tenant's arrivals, exceptions and keys; None: all tenants'."""
    return {
        "events_raw": pos_queries.count_arrivals(tenant_id),
        "exceptions_open": exceptions_queries.count_open(tenant_id),
        "idempotency": pos_queries.count_keys(tenant_id),
    }


def _counts_for(person: staff.Person) -> dict[str, Any]:
    """Add up the counters of all tenants a person works for."""
    ids = staff.tenant_ids_of(person)
    if ids is None:
        return _counts(None)
    each = [_counts(tenant_id) for tenant_id in ids]
    states: Counter[str] = sum((Counter(counts["idempotency"]) for counts in each), Counter())
    return {
        "events_raw": sum(counts["events_raw"] for counts in each),
        "exceptions_open": sum(counts["exceptions_open"] for counts in each),
        "idempotency": {state: states[state] for state in ("processed", "quarantined", "ignored")},
    }


def _who(request: Request) -> Principal | staff.Person | None:
    """Return the caller, if any.

    :raises rest_framework.exceptions.AuthenticationFailed: an invalid key was sent.
    """
    authenticated = ApiKeyAuthentication().authenticate(request)
    return authenticated[0] if authenticated else StaffSessionAuthentication().person_of(request)


def _database_time() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        row = cursor.fetchone()
    return str(row[0].isoformat()).replace("+00:00", "Z")


def _degraded(error: Exception) -> HttpResponse:
    """Answer 503: the database does not answer, or not in time."""
    logger.warning("The database does not answer the health check", exc_info=error)
    connection.close()
    return json_response({"status": "degraded", "db": "down"}, 503)
