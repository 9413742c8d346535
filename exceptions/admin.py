"""Held work in the back office."""

from django.contrib import admin

from exceptions.models import ExceptionCase
from ledgersafe.backoffice import ReadOnlyModelAdmin
from ledgersafe.money import to_decimal_text


@admin.register(ExceptionCase)
class ExceptionCaseAdmin(ReadOnlyModelAdmin):
    """The inbox, to look at."""

    list_display = ("created_at", "tenant", "reason_code", "idempotency_key", "store_code", "at_risk", "status")
    list_filter = ("status", "reason_code", "tenant")
    search_fields = ("idempotency_key",)
    list_select_related = ("tenant",)
    ordering = ("-created_at", "-id")

    @admin.display(description="Amount at risk")
    def at_risk(self, case: ExceptionCase) -> str:
        if case.amount_at_risk_minor is None:
            return "–"
        return f"{to_decimal_text(case.amount_at_risk_minor, case.currency)} {case.currency}"
