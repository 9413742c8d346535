"""What days look like on the wire."""

from typing import Any, Final

from rest_framework import serializers

from ledger.models import Period, Reopening
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text
from recon.closing.close import ClosedDay
from recon.closing.readiness import Readiness, amounts
from recon.closing.reopen import ReopenedDay
from recon.models import DayClose

#: A board may be asked for any day: of decades of empty days it names the first ones and says how many there are.
EMPTY_DAYS_SHOWN: Final = 366


def period_item(row: Period, close: DayClose | None) -> dict[str, Any]:
    """One day of the list."""
    return {
        "date": row.business_date.isoformat(),
        "status": row.status,
        "starts_at": instant(row.starts_at),
        "ends_at": instant(row.ends_at),
        "closed_at": instant(row.closed_at),
        "reopened_at": instant(row.reopened_at),
        "closed_by": close.actor if close else None,
        "forced": close.forced if close else False,
        "revision": close.revision if close else None,
        "closed_with": close.covered_by.business_date.isoformat() if close and close.covered_by else None,
    }


def board(found: Readiness) -> dict[str, Any]:
    """`GET /v1/periods/{date}/readiness`."""
    return {
        "date": found.day.isoformat(),
        "state": found.state.value,
        "ready": found.state == "ready",
        "blockers": list(found.blockers),
        "starts_at": instant(found.starts_at),
        "ends_at": instant(found.ends_at),
        "over_at": instant(found.over.at),
        "over_last_in": found.over.store_code or None,
        "closed_at": instant(found.closed_at),
        "open_exceptions": found.held.open,
        "undecided_arrivals": found.held.undecided_arrivals,
        "by_reason": found.held.by_reason,
        "at_risk": amounts(found.held.at_risk),
        "open_drawers": [
            {
                "id": drawer.id,
                "register": drawer.register,
                "status": drawer.status.value,
                "opened_at": instant(drawer.opened_at),
                "ccy": drawer.expected.currency,
                "expected_cash": to_decimal_text(drawer.expected.minor, drawer.expected.currency),
            }
            for drawer in found.drawers
        ],
        "currencies_without_rate": list(found.without_rate),
        "empty_days": [day.isoformat() for day in found.empty_days.dates(at_most=EMPTY_DAYS_SHOWN)],
        "empty_days_total": len(found.empty_days),
        "earliest_open": found.earliest_open.isoformat() if found.earliest_open else None,
        "reopened": reopening(found.reopened) if found.reopened else None,
    }


def reopening(record: Reopening) -> dict[str, Any]:
    """Who opened a day again, when and why."""
    return {"reopened_at": instant(record.reopened_at), "reopened_by": record.actor, "reason": record.reason}


def reopened_day(done: ReopenedDay) -> dict[str, Any]:
    """`POST /v1/periods/{date}/reopen`."""
    return period_item(done.period, None) | reopening(done.record) | {"superseded_pack": done.superseded_sha256}


def closed_day(done: ClosedDay) -> dict[str, Any]:
    """`POST /v1/periods/{date}/close`: the same however often it is asked for."""
    close = done.close
    return period_item(close.period, close) | {
        "notes": close.notes,
        "accounts": close.accounts,
        "open_exceptions": close.open_exceptions,
        "pack": {"sha256": done.pack.sha256, "files": dict(sorted(done.pack.files.items()))},
    }


# ── For the schema ──────────────────────────────────────────────────────────────────────────────
class CloseOrderSerializer(serializers.Serializer[Any]):
    """What may be sent with a close; an empty body closes a day that is ready."""

    force = serializers.BooleanField(required=False)
    notes = serializers.CharField(required=False)


class DaySerializer(serializers.Serializer[Any]):
    """One business day."""

    date = serializers.DateField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    reopened_at = serializers.DateTimeField(allow_null=True, help_text="When it was last opened again.")
    closed_by = serializers.CharField(allow_null=True)
    forced = serializers.BooleanField()
    revision = serializers.IntegerField(allow_null=True, help_text="Which close of the day stands: 1, unless reopened.")
    closed_with = serializers.DateField(
        allow_null=True, help_text="Of a day nobody sold on: the day whose close covers it."
    )


class ReopenOrderSerializer(serializers.Serializer[Any]):
    """What must be sent to open a day again."""

    reason = serializers.CharField()


class ReopeningSerializer(serializers.Serializer[Any]):
    """Who opened a day again, when and why."""

    reopened_at = serializers.DateTimeField()
    reopened_by = serializers.CharField()
    reason = serializers.CharField()


class ReopenedDaySerializer(DaySerializer):
    """A day that is open again, and the pack that no longer counts."""

    reopened_by = serializers.CharField()
    reason = serializers.CharField()
    superseded_pack = serializers.CharField(allow_null=True, help_text="SHA-256 of the pack that no longer counts.")


class DayPageSerializer(serializers.Serializer[Any]):
    """A page of business days."""

    items = DaySerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AtRiskSerializer(serializers.Serializer[Any]):
    """Money that hangs on undecided events."""

    ccy = serializers.CharField()
    amount = serializers.CharField()


class OpenDrawerSerializer(serializers.Serializer[Any]):
    """A drawer that was opened before the end of the day and is not closed yet."""

    id = serializers.IntegerField()
    register = serializers.CharField(help_text="store/register")
    status = serializers.CharField()
    opened_at = serializers.DateTimeField()
    ccy = serializers.CharField()
    expected_cash = serializers.CharField()


class BoardSerializer(serializers.Serializer[Any]):
    """What stands against closing a day."""

    date = serializers.DateField()
    state = serializers.CharField(help_text="ready, blocked, running or closed")
    ready = serializers.BooleanField()
    blockers = serializers.ListField(child=serializers.CharField())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="By the tenant's clock.")
    over_at = serializers.DateTimeField(help_text="By the clock of every store; only then can it be closed.")
    over_last_in = serializers.CharField(allow_null=True, help_text="The store whose day ends last, if not the tenant.")
    closed_at = serializers.DateTimeField(allow_null=True)
    open_exceptions = serializers.IntegerField()
    undecided_arrivals = serializers.IntegerField()
    by_reason = serializers.DictField(child=serializers.IntegerField())
    at_risk = AtRiskSerializer(many=True)
    open_drawers = OpenDrawerSerializer(many=True)
    currencies_without_rate = serializers.ListField(child=serializers.CharField())
    empty_days = serializers.ListField(
        child=serializers.DateField(),
        help_text=f"Closed with it, as nobody sold: at most the first {EMPTY_DAYS_SHOWN}.",
    )
    empty_days_total = serializers.IntegerField()
    earliest_open = serializers.DateField(allow_null=True)
    reopened = ReopeningSerializer(allow_null=True)


class PackSerializer(serializers.Serializer[Any]):
    """The accountant pack's fingerprints."""

    sha256 = serializers.CharField()
    files = serializers.DictField(child=serializers.CharField())


class ClosedDaySerializer(DaySerializer):
    """A closed day and its pack."""

    notes = serializers.CharField()
    accounts = serializers.IntegerField()
    open_exceptions = serializers.IntegerField()
    pack = PackSerializer()
