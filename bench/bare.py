"""The money command without any guard: what the guard is measured against."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ledger.api.drawer_serializers import NewTransactionSerializer
from ledger.api.drawers import TransactionsView
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.postgres.db import retry_serialization, tenant_transaction

_command: Any = TransactionsView.post
#: The view's own method, as it was before it was guarded.
_unguarded = _command.__wrapped__


class BareTransactionsView(TransactionsView):
    """`POST /v1/bench/transactions`: reads the same body, and does the same in a transaction; keys mean nothing."""

    def post(self, request: Request) -> HttpResponse:
        principal = principal_of(request)
        body = read_object(request._request, principal.tenant_slug, declared=NewTransactionSerializer)

        def attempt() -> HttpResponse:
            with tenant_transaction(principal.tenant_id):
                answer: HttpResponse = _unguarded(self, request, body)
                return answer

        return retry_serialization(attempt)
