"""Open proposals: list them, count them, filter cases by them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from exceptions.cases import IS_WAITING
from exceptions.models import CaseStatus, ExceptionCase, Resolution


def list_waiting(cases: Collection[ExceptionCase]) -> QuerySet[Resolution]:
    """Open proposals on these cases, oldest first."""
    tenants = {case.tenant_id for case in cases}
    rows = Resolution.objects.filter(tenant_id__in=tenants, case__in=[case.pk for case in cases])
    return rows.filter(IS_WAITING).order_by("id")


def proposed(*, by: str = "", not_by: str = "") -> Q:
    """Condition on cases: an open proposal is by this actor, or by anyone else. Pass one of the two."""
    rows = Resolution.objects.filter(IS_WAITING, tenant=OuterRef("tenant"), case=OuterRef("pk"))
    return Q(Exists(rows.filter(actor=by) if by else rows.exclude(actor=not_by)))


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """Number of cases with an open proposal: by someone else (`to_confirm`), by oneself (`proposed`)."""

    to_confirm: int
    proposed: int


def count_waiting(tenant_ids: Collection[int] | None, *, me: str) -> WaitingCounts:
    """Count cases with open proposals. One statement over a partial index. :param tenant_ids: None: all tenants."""
    rows = ExceptionCase.objects.filter(status=CaseStatus.OPEN, awaits_confirmation=True)
    rows = rows if tenant_ids is None else rows.filter(tenant_id__in=tenant_ids)
    by_others, own = Count("pk", filter=proposed(not_by=me)), Count("pk", filter=proposed(by=me))
    return WaitingCounts(**rows.aggregate(to_confirm=by_others, proposed=own))
