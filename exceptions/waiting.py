"""What waits for a second person: listed, counted, and as a filter of cases."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from exceptions.cases import IS_WAITING
from exceptions.models import CaseStatus, ExceptionCase, Resolution


def list_waiting(cases: Collection[ExceptionCase]) -> QuerySet[Resolution]:
    """Proposals on these cases that were neither declined nor withdrawn, oldest first."""
    tenants = {case.tenant_id for case in cases}
    rows = Resolution.objects.filter(tenant_id__in=tenants, case__in=[case.pk for case in cases])
    return rows.filter(IS_WAITING).order_by("id")


def proposed(*, by: str = "", not_by: str = "") -> Q:
    """Whether a proposal that waits was made by that actor, or by any but that one; a filter of cases that wait."""
    rows = Resolution.objects.filter(IS_WAITING, tenant=OuterRef("tenant"), case=OuterRef("pk"))
    return Q(Exists(rows.filter(actor=by) if by else rows.exclude(actor=not_by)))


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """Cases with a proposal that waits: of somebody else, and of one's own."""

    to_confirm: int
    proposed: int


def count_waiting(tenant_ids: Collection[int] | None, *, me: str) -> WaitingCounts:
    """Of these tenants; None: of all. One statement, of the few cases that an index of their own holds together."""
    rows = ExceptionCase.objects.filter(status=CaseStatus.OPEN, awaits_confirmation=True)
    rows = rows if tenant_ids is None else rows.filter(tenant_id__in=tenant_ids)
    theirs, own = Count("pk", filter=proposed(not_by=me)), Count("pk", filter=proposed(by=me))
    return WaitingCounts(**rows.aggregate(to_confirm=theirs, proposed=own))
