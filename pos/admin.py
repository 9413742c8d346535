"""Arrivals in the back office."""

import html
import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from ledgersafe.backoffice import ReadOnlyModelAdmin
from pos.models import RawEvent
from pos.serializers import payload_of


@admin.register(RawEvent)
class RawEventAdmin(ReadOnlyModelAdmin):
    """Every arrival as received, and what became of it."""

    list_display = ("id", "received_at", "tenant", "store_code", "event_type", "event_id", "result", "reason")
    list_filter = ("tenant", "outcome__result")
    search_fields = ("event_id", "txn_id")
    list_select_related = ("tenant", "outcome")
    ordering = ("-id",)
    fields = (
        "id", "tenant", "received_at", "result", "reason", "event_id", "event_type", "store_code", "source_system",
        "txn_id", "occurred_at", "fingerprint", "payload", "headers", "request_id",
    )  # fmt: skip
    readonly_fields = ("result", "reason", "fingerprint", "payload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawEvent]:
        rows: QuerySet[RawEvent] = super().get_queryset(request)
        return rows.select_related("tenant", "outcome")

    @admin.display(description="Result")
    def result(self, row: RawEvent) -> str:
        return row.outcome.get_result_display()

    @admin.display(description="Reason")
    def reason(self, row: RawEvent) -> str:
        return row.outcome.reason_code or "–"

    @admin.display(description="Fingerprint")
    def fingerprint(self, row: RawEvent) -> str:
        return bytes(row.payload_sha256).hex() if row.payload_sha256 else "–"

    @admin.display(description="Payload")
    def payload(self, row: RawEvent) -> SafeString:
        """Shown as text, whatever it contains."""
        readable = payload_of(row)
        text = bytes(row.raw_body).decode("utf-8", "replace")
        if readable is not None:
            text = json.dumps(json.loads(text, parse_float=str, parse_int=str), indent=2, ensure_ascii=False)
        return mark_safe(f'<pre class="whitespace-pre-wrap break-all">{html.escape(text)}</pre>')  # noqa: S308  escaped
