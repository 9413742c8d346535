"""Answered money commands in the back office, read-only."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.backoffice.pages import Badge, Card, Cell, display, object_page
from ledgersafe.idempotency.models import IdempotencyKey

#: Bytes of an answer that are shown.
_SHOWN = 4_000


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyModelAdmin):
    """Answered commands, read-only."""

    list_display = ("answered", "command", "key", "actor", "tenant", "outcome")
    list_filter = ("tenant", "status")
    search_fields = ("=key", "actor", "command")
    search_help_text = "Whole key, caller, or command"
    list_select_related = ("tenant",)
    ordering = ("-id",)
    empty_text = "No money command has a final answer yet. Repeats of a command get its stored answer."

    @display(description="When (UTC)", ordering="id")
    def answered(self, row: IdempotencyKey) -> str:
        return f"{row.created_at:%Y-%m-%d %H:%M:%S}"

    @display(description="Answer", ordering="status", label={"carried out": "success", "refused": "warning"})
    def outcome(self, row: IdempotencyKey) -> tuple[str, str]:
        return ("carried out" if row.status < 300 else "refused", str(row.status))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            refusal: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
            return refusal
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            absent: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return absent
        badge = Badge("carried out", "success") if row.status < 300 else Badge("refused", "warning")
        subtitle = f"by {row.actor}, {row.created_at:%-d %B %Y %H:%M:%S} UTC"
        return object_page(request, row, title=row.command, subtitle=subtitle, badges=[badge], cards=[_card(row)])


def _card(row: IdempotencyKey) -> Card:
    text = bytes(row.body)[:_SHOWN].decode("utf-8", "replace")
    return Card(
        "Answer",
        facts=[
            ("Key", Cell(row.key, mono=True)),
            ("Principal", Cell(row.actor, small=row.principal)),
            ("Tenant", row.tenant.slug),
            ("Status", row.status),
            ("Body", Cell(text, mono=True, small=row.media_type)),
            ("Request", Cell(bytes(row.fingerprint).hex(), mono=True, small="SHA-256 of path and body")),
        ],
        note="Every repeat of this request with this key gets the same answer, byte for byte.",
        wide=True,
    )
