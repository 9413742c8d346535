"""The audit trail in the back office."""

from django.contrib import admin

from ledgersafe.audit.models import AuditEntry
from ledgersafe.backoffice import ReadOnlyModelAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """Who did what."""

    list_display = ("at", "actor", "action", "object_type", "object_id", "tenant")
    list_filter = ("tenant", "action")
    search_fields = ("object_id", "actor")
    list_select_related = ("tenant",)
    ordering = ("-id",)
