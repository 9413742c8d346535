"""Filters of the lists about the books. None of them counts or scans a whole table."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import Period
from ledgersafe.tenants import event_types, staff


class BusinessDay(admin.SimpleListFilter):
    """Filter by business day: the 14 newest, and the chosen one."""

    title = "business day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        days = Period.objects.all()
        ids = staff.tenant_ids_of(request.user)
        if ids is not None:
            days = days.filter(tenant_id__in=ids)
        newest = days.order_by("-business_date").values_list("business_date", flat=True).distinct()[:14]
        choices = [str(day) for day in newest]
        chosen = self.value()
        return [(day, day) for day in ([chosen] if chosen and chosen not in choices else []) + choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(business_date=date.fromisoformat(self.value() or ""))
        except ValueError:
            return queryset.none() if self.value() else queryset


class Kind(admin.SimpleListFilter):
    """Filter by kind. The choices are fixed: Django would read them from the whole table."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in (*event_types.NAMES, "TRANSFER", "FX_SETTLEMENT", "REVALUATION", "REVERSAL")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ReversalFilter(admin.SimpleListFilter):
    """Filter reversals, or journals that are none."""

    title = "reversal"
    parameter_name = "reversal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Reversals"), ("no", "Not reversals")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reverses__isnull=self.value() == "no") if self.value() else queryset
