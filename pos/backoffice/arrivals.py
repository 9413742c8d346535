"""Show arrivals in the back office: the list, one arrival as received, and links to the timeline of its event."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.values.pretty import body_text, pretty, visible
from pos.arrivals.payloads import payload_value
from pos.backoffice import event_ids, timeline
from pos.backoffice.replay_jobs import ReplayJobAdmin
from pos.models import RawEvent, ReplayJob

event_ids.register()
admin.site.register(ReplayJob, ReplayJobAdmin)


@admin.register(RawEvent)
class RawEventAdmin(ReadOnlyModelAdmin):
    """The list of arrivals and the page of one, with its outcome."""

    list_display = ("id", "received_at", "tenant", "store_code", "event_type", "event", "result", "reason")
    list_filter = ("tenant", "outcome__result")
    search_fields = ("event_id", "txn_id")
    list_select_related = ("tenant", "outcome")
    ordering = ("-id",)
    fields = (
        "id", "tenant", "received_at", "result", "reason", "event", "event_type", "store_code", "source_system",
        "txn_id", "occurred_at", "device_sent_at", "corrected_at", "fingerprint", "payload", "as_received",
        "headers", "request_id",
    )  # fmt: skip
    readonly_fields = ("result", "reason", "event", "fingerprint", "payload", "as_received")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawEvent]:
        rows: QuerySet[RawEvent] = super().get_queryset(request)
        return rows.select_related("tenant", "outcome")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("timeline/<str:slug>/<event_id:event_id>/", wrap(self._timeline), name="pos_event_timeline"),
            path("<int:raw_id>/download/", wrap(self._download), name="pos_rawevent_download"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def _timeline(self, request: HttpRequest, slug: str, event_id: str) -> HttpResponse:
        return timeline.show_timeline(self, request, slug, event_id)

    def _download(self, request: HttpRequest, raw_id: int) -> HttpResponse:
        return timeline.download(self, request, raw_id)

    @admin.display(description="Event id", ordering="event_id")
    def event(self, row: RawEvent) -> SafeString | str:
        """Link the event id to its timeline."""
        url = timeline.timeline_url(row.tenant.slug, row.event_id) if row.event_id else ""
        if not url:
            return "–"
        return format_html('<a class="ls-link ls-break" href="{}">{}</a>', url, visible(row.event_id or ""))

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
        """Render the payload as escaped text."""
        value: Any = payload_value(row)
        text = body_text(bytes(row.raw_body)) if value is None else pretty(value)
        return format_html('<pre class="ls-code">{}</pre>', text)

    @admin.display(description="As received")
    def as_received(self, row: RawEvent) -> SafeString:
        url = reverse("admin:pos_rawevent_download", args=[row.pk])
        return format_html('<a class="ls-link" href="{}">Download the {} bytes received</a>', url, row.raw_length)
