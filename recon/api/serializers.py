"""Business days as JSON, and the OpenAPI schema of it."""

from typing import Any, Final

from rest_framework import serializers

from ledger.models import Period, Reopening
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text
from recon.closing.close import ClosedDay
from recon.closing.readiness import Readiness, amounts
from recon.closing.reopen import ReopenedDay
from recon.models import DayClose

#: A board of a far day may have decades of empty days: the first ones are listed, and all are counted.
MAX_EMPTY_DAYS: Final = 366


def period_item(row: Period, close: DayClose | None) -> dict[str, Any]:
    """One day of the list. :param close: the close in effect; None while the day is open."""
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


def board(readiness: Readiness) -> dict[str, Any]:
    """`GET /v1/periods/{date}/readiness`."""
    return {
        "date": readiness.day.isoformat(),
        "state": readiness.state.value,
        "ready": readiness.state == "ready",
        "blockers": list(readiness.blockers),
        "starts_at": instant(readiness.starts_at),
        "ends_at": instant(readiness.ends_at),
        "over_at": instant(readiness.over.at),
        "over_last_in": readiness.over.store_code or None,
        "closed_at": instant(readiness.closed_at),
        "open_exceptions": readiness.held_events.open,
        "undecided_arrivals": readiness.held_events.undecided_arrivals,
        "by_reason": readiness.held_events.by_reason,
        "at_risk": amounts(readiness.held_events.at_risk),
        "open_drawers": [
            {
                "id": drawer.id,
                "register": drawer.register,
                "status": drawer.status.value,
                "opened_at": instant(drawer.opened_at),
                "ccy": drawer.expected.currency,
                "expected_cash": to_decimal_text(drawer.expected.minor, drawer.expected.currency),
            }
            for drawer in readiness.drawers
        ],
        "currencies_without_rate": list(readiness.without_rate),
        "empty_days": [day.isoformat() for day in readiness.empty_days.dates(at_most=MAX_EMPTY_DAYS)],
        "empty_days_total": len(readiness.empty_days),
        "earliest_open": readiness.earliest_open.isoformat() if readiness.earliest_open else None,
        "reopened": reopening(readiness.reopened) if readiness.reopened else None,
    }


def reopening(record: Reopening) -> dict[str, Any]:
    """Who reopened a day, when and why."""
    return {"reopened_at": instant(record.reopened_at), "reopened_by": record.actor, "reason": record.reason}


def reopened_day(result: ReopenedDay) -> dict[str, Any]:
    """`POST /v1/periods/{date}/reopen`."""
    return period_item(result.period, None) | reopening(result.record) | {"superseded_pack": result.superseded_sha256}


def closed_day(result: ClosedDay) -> dict[str, Any]:
    """`POST /v1/periods/{date}/close`: the same for every repetition."""
    close = result.close
    return period_item(close.period, close) | {
        "notes": close.notes,
        "accounts": close.accounts,
        "open_exceptions": close.open_exceptions,
        "pack": {"sha256": result.pack.sha256, "files": dict(sorted(result.pack.files.items()))},
    }


# ── For the schema ──────────────────────────────────────────────────────────────────────────────
class CloseOrderSerializer(serializers.Serializer[Any]):
    """Body of a close; an empty one closes a day that is ready."""

    force = serializers.BooleanField(required=False)
    notes = serializers.CharField(required=False)


class DaySerializer(serializers.Serializer[Any]):
    """A business day."""

    date = serializers.DateField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    reopened_at = serializers.DateTimeField(allow_null=True, help_text="When it was last reopened.")
    closed_by = serializers.CharField(allow_null=True)
    forced = serializers.BooleanField()
    revision = serializers.IntegerField(allow_null=True, help_text="The close in effect: 1, unless reopened.")
    closed_with = serializers.DateField(
        allow_null=True, help_text="For a day without sales: the day whose close covers it."
    )


class ReopenOrderSerializer(serializers.Serializer[Any]):
    """Body of a reopening."""

    reason = serializers.CharField()


class ReopeningSerializer(serializers.Serializer[Any]):
    """Who reopened a day, when and why."""

    reopened_at = serializers.DateTimeField()
    reopened_by = serializers.CharField()
    reason = serializers.CharField()


class ReopenedDaySerializer(DaySerializer):
    """A reopened day, and the pack that is no longer in effect."""

    reopened_by = serializers.CharField()
    reason = serializers.CharField()
    superseded_pack = serializers.CharField(allow_null=True, help_text="SHA-256 of the superseded pack.")


class DayPageSerializer(serializers.Serializer[Any]):
    """A page of business days."""

    items = DaySerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AtRiskSerializer(serializers.Serializer[Any]):
    """Money at risk in undecided events."""

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
    """Readiness of a day: state, blockers, open work."""

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
        help_text=f"Days without sales that are closed with it: at most the first {MAX_EMPTY_DAYS}.",
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
