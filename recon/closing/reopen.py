"""Use case: reopen the last closed business day, for a reason. Its close and pack are kept, but no longer in effect."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from ledger.models import Period, Reopening
from ledger.periods import periods
from ledgersafe.audit import trail
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError, NotFound
from recon.closing.calendar_lock import lock_calendar
from recon.closing.close import reason_of
from recon.closing.queries import DayNotClosed, standing_close
from recon.models import DayPack


class LaterDayClosed(DomainError):
    """A later business day is closed; days are opened again in reverse order, the last closed one first."""

    code = "LATER_DAY_CLOSED"
    http_status = 409


@dataclass(frozen=True, slots=True)
class ReopenedDay:
    """A reopened day. `superseded_sha256` is that of the pack no longer in effect; None: it had none."""

    period: Period
    record: Reopening
    superseded_sha256: str | None


def reopen_day(*, tenant_id: int, day: date, actor: str, reason: str) -> ReopenedDay:
    """Reopen the last closed day. It accepts journals until somebody closes it; the hourly job does not.

    The next close keeps its balances anew and issues another pack; both packs stay reproducible byte for byte.

    :raises exceptions.decisions.NotesRequired: no reason. :raises DayNotClosed: it is open.
    :raises LaterDayClosed: it is not the last closed one. :raises NotFound: there never was such a day.
    """
    checked = reason_of(reason, required=True, field="reason")
    return retry_serialization(partial(_reopen, tenant_id, day, actor, checked))


def _reopen(tenant_id: int, day: date, actor: str, reason: str) -> ReopenedDay:
    with tenant_transaction(tenant_id):
        lock_calendar(tenant_id)
        period = Period.objects.select_for_update().filter(tenant_id=tenant_id, business_date=day).first()
        if period is None:
            raise NotFound(f"Nothing was ever posted on {day}.")
        last_closed = periods.last_closed_date(tenant_id)
        if period.closed_at is None:
            raise DayNotClosed(f"Business day {day} is open.")
        if last_closed != day:
            raise LaterDayClosed(
                f"Business day {last_closed} is closed too; open it again first.", last_closed=str(last_closed)
            )
        close = standing_close(tenant_id, day)
        sha256 = DayPack.objects.filter(tenant_id=tenant_id, close=close).values_list("sha256", flat=True).first()
        record = periods.reopen(period, actor=actor, reason=reason)
        # Raises the tenant's version: every process that posts for it drops what it remembers, the closed day included.
        Tenant.objects.get(pk=tenant_id).save(update_fields=["version"])
        trail.record(
            tenant_id=tenant_id,
            actor=actor,
            action="recon.day.reopened",
            object_type="business_day",
            object_id=day,
            before={"status": "closed", "closed_at": record.closed_at.isoformat(), "pack_sha256": sha256},
            after={"status": "open", "reopened_at": record.reopened_at.isoformat()},
            notes=reason,
        )
        return ReopenedDay(period, record, sha256)
