"""Read cases for the API: the inbox of one tenant, within the reach of the caller's key."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from ledgersafe.tenants.principals import Principal
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Filters of `GET /v1/exceptions`; None: no filter."""

    status: str | None = None
    reason_code: str | None = None
    store_code: str | None = None
    assigned_to: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "CaseFilter":
        """Read query parameters. :raises InvalidParameter: an unknown status or reason code."""
        status, reason_code = parameters.get("status") or None, parameters.get("reason_code") or None
        if status is not None and status not in CaseStatus.values:
            raise InvalidParameter(f"status must be one of {', '.join(CaseStatus.values)}.")
        if reason_code is not None and reason_code not in REASONS:
            raise InvalidParameter(f"reason_code must be one of {', '.join(REASONS)}.")
        texts = parameters.get("store_id"), parameters.get("assigned_to")
        if any(text is not None and "\x00" in text for text in texts):
            raise InvalidParameter("A parameter must not contain NUL.")
        return cls(status, reason_code, *texts)


def list_cases(principal: Principal, filters: CaseFilter, cursor: list[Any] | None) -> QuerySet[ExceptionCase]:
    """Cases the caller may see, newest first, after a cursor; one statement, tenants included."""
    rows = _visible(principal)
    for field, value in (
        ("status", filters.status),
        ("reason_code", filters.reason_code),
        ("store_code", filters.store_code),
        ("assigned_to", filters.assigned_to),
    ):
        if value is not None:
            rows = rows.filter(**{field: value})
    if cursor is not None:
        created_at, case_id = _position(cursor)
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=case_id))
    return rows.order_by("-created_at", "-id")


def get_case(principal: Principal, case_id: str) -> ExceptionCase:
    """Read a case. :raises NotFound: no UUID, absent, or another tenant's: the answer is the same."""
    try:
        key = uuid.UUID(case_id)
    except ValueError:
        raise NotFound("There is no such exception.") from None
    case = _visible(principal).filter(id=key).first()
    if case is None:
        raise NotFound("There is no such exception.")
    return case


def visible_ids(principal: Principal, case_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """The ids that are cases this caller may see."""
    return set(_visible(principal).filter(id__in=case_ids).values_list("id", flat=True))


def position_of(case: ExceptionCase) -> list[Any]:
    """The cursor position of a case in the inbox: [created_at, id]."""
    return [case.created_at.isoformat(), str(case.id)]


def count_open(tenant_id: int | None = None) -> int:
    """Count open cases of a tenant; None: of all tenants."""
    rows = ExceptionCase.objects.filter(status=CaseStatus.OPEN)
    return (rows if tenant_id is None else rows.filter(tenant_id=tenant_id)).count()


def count_open_by_reason() -> dict[str, int]:
    """Count open cases of all tenants by reason code; codes without cases have 0."""
    rows = ExceptionCase.objects.filter(status=CaseStatus.OPEN).values_list("reason_code")
    numbers = dict(rows.annotate(number=Count("id")))
    return {code: numbers.get(code, 0) for code in REASONS}


def _visible(principal: Principal) -> QuerySet[ExceptionCase]:
    """The tenant's cases; for a key bound to a store, only that store's."""
    rows = ExceptionCase.objects.filter(tenant_id=principal.tenant_id).select_related("tenant")
    return rows if principal.store_code is None else rows.filter(store_code=principal.store_code)


def _position(cursor: list[Any]) -> tuple[datetime, uuid.UUID]:
    created_at, case_id = cursors.position(cursor, cursors.instant, cursors.uuid)
    return created_at, case_id
