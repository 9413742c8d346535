"""Read arrivals, keys and versions of one tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from ledgersafe.tenants.models import ApiKey
from ledgersafe.tenants.principals import Principal
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound
from ledgersafe.values.moments import read_day, read_instant
from pos.models import EventKey, EventVersion, KeyStatus, RawEvent


@dataclass(frozen=True, slots=True)
class ArrivalFilter:
    """`GET /v1/events`' parameters; the span is of `received_at`, half-open."""

    event_id: str | None = None
    store_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "ArrivalFilter":
        """Read the filter from a query string.

        :raises ledgersafe.values.errors.InvalidParameter: `from` or `to` is neither an instant nor a day, or a text has
            NUL.
        """
        return cls(
            event_id=_plain(parameters.get("event_id"), "event_id"),
            store_id=_plain(parameters.get("store_id"), "store_id"),
            since=_moment(parameters.get("from"), "from", day_ends=False),
            until=_moment(parameters.get("to"), "to", day_ends=True),
        )


def list_arrivals(principal: Principal, filters: ArrivalFilter, cursor: list[Any] | None) -> QuerySet[RawEvent]:
    """List the arrivals a caller may see, newest first, from a cursor on; one statement with outcomes and tenant."""
    rows = _visible(principal)
    if filters.event_id is not None:
        rows = rows.filter(event_id=filters.event_id)
    if filters.store_id is not None:
        rows = rows.filter(store_code=filters.store_id)
    if filters.since is not None:
        rows = rows.filter(received_at__gte=filters.since)
    if filters.until is not None:
        rows = rows.filter(received_at__lt=filters.until)
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def get_arrival(principal: Principal, raw_id: str) -> RawEvent:
    """Get one arrival. :raises ledgersafe.values.errors.NotFound: absent, or not the caller's: the same answer."""
    if not (raw_id.isascii() and raw_id.isdigit() and len(raw_id) <= 18):
        raise NotFound("There is no such arrival.")
    row = _visible(principal).filter(id=int(raw_id)).first()
    if row is None:
        raise NotFound("There is no such arrival.")
    return row


def _visible(principal: Principal) -> QuerySet[RawEvent]:
    """Select the arrivals a caller may see: the tenant's; of one store for a key that is bound to a store.

    A key of a register sees what keys of that register have sent: bronze does not know which register a body names.
    """
    rows = RawEvent.objects.filter(tenant_id=principal.tenant_id).select_related("tenant", "outcome")
    if principal.store_code is not None:
        rows = rows.filter(store_code=principal.store_code)
    if principal.register_code is not None:
        senders = ApiKey.objects.filter(
            tenant_id=principal.tenant_id, store__code=principal.store_code, register__code=principal.register_code
        )
        rows = rows.filter(api_key_id__in=list(senders.values_list("pk", flat=True)))
    return rows


def get_key(tenant_id: int, idempotency_key: str) -> EventKey | None:
    """Get the key of an event id; None when there is none."""
    return EventKey.objects.filter(tenant_id=tenant_id, idempotency_key=idempotency_key).first()


def list_versions(key: EventKey) -> list[EventVersion]:
    """List the payloads of a key after the first, in the order they came."""
    return list(EventVersion.objects.filter(tenant_id=key.tenant_id, event_key=key).order_by("first_raw_id"))


def list_raw(tenant_id: int, raw_ids: set[int]) -> dict[int, RawEvent]:
    """Get arrivals by raw id; one statement."""
    rows = RawEvent.objects.filter(tenant_id=tenant_id, id__in=raw_ids).select_related("tenant", "outcome")
    return {row.id: row for row in rows}


def count_arrivals(tenant_id: int | None = None) -> int:
    """Count the arrivals of a tenant, or of all."""
    rows = RawEvent.objects.all()
    return (rows if tenant_id is None else rows.filter(tenant_id=tenant_id)).count()


def count_keys(tenant_id: int | None = None) -> dict[str, int]:
    """Count keys by status, of a tenant or of all; every status has a number."""
    rows = EventKey.objects.all() if tenant_id is None else EventKey.objects.filter(tenant_id=tenant_id)
    numbers = dict(rows.values_list("status").annotate(number=Count("id")))
    return {status.value: numbers.get(status.value, 0) for status in KeyStatus}


def _plain(text: str | None, name: str) -> str | None:
    if text is not None and "\x00" in text:
        raise InvalidParameter(f"{name} must not contain NUL.")
    return text


def _moment(text: str | None, name: str, *, day_ends: bool) -> datetime | None:
    if not text:
        return None
    day = read_day(text)
    if day is not None and day < date.max:  # the day after the last of the calendar does not exist
        return datetime.combine(day + timedelta(days=int(day_ends)), time.min, UTC)
    moment = read_instant(text)
    if moment is None:
        raise InvalidParameter(f"{name} must be an instant with an offset or a day, like 2026-02-25.")
    return moment
