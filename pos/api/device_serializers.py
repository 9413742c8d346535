"""Render devices and gaps as JSON, read explanations, and describe both for the OpenAPI schema."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ledgersafe.http.rendering import instant
from ledgersafe.values.errors import InvalidParameter
from pos.devices import DeviceState, Gap, Missing
from pos.models import GapExplanation


def device_item(device: DeviceState) -> dict[str, Any]:
    """Build one item of the device list."""
    return {
        "device_id": device.device_id,
        "store_id": device.store_code,
        "last_received_at": instant(device.last_received_at),
        "first_seq": device.first_seq,
        "last_seq": device.last_seq,
        "events_seen": device.events_seen,
        "missing_ranges": device.missing_ranges,
        "missing_events": device.missing,
        "explained_events": device.explained,
    }


def gap_item(gap: Gap) -> dict[str, Any]:
    """Build one item of the gap list."""
    return {
        "first_seq": gap.first_seq,
        "last_seq": gap.last_seq,
        "count": gap.count,
        "since": instant(gap.since),
        "explained": explanation_of(gap.explanation) if gap.explanation else None,
    }


def explanation_of(row: GapExplanation) -> dict[str, Any]:
    """Build who explained a range, when and why."""
    return {"reason": row.reason, "by": row.explained_by, "at": instant(row.explained_at)}


def explained_body(row: GapExplanation) -> dict[str, Any]:
    """Build the answer to an explanation."""
    span = {"device_id": row.device_id, "first_seq": row.first_seq, "last_seq": row.last_seq}
    return span | {"explained": explanation_of(row)}


def read_missing(device_id: str, body: Mapping[str, Any]) -> Missing:
    """Read an explanation. :raises InvalidParameter: first_seq or last_seq is not an integer."""
    first, last, reason = body.get("first_seq"), body.get("last_seq"), body.get("reason")
    if type(first) is not int or type(last) is not int:
        raise InvalidParameter("first_seq and last_seq must be integers.")
    return Missing(device_id, first, last, reason if type(reason) is str else "")


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
class DeviceSerializer(serializers.Serializer[Any]):
    """A device that numbers its events."""

    device_id = serializers.CharField()
    store_id = serializers.CharField(help_text="Where it was seen last.")
    last_received_at = serializers.DateTimeField()
    first_seq = serializers.IntegerField(help_text="The lowest number that came; what lies below is not missing.")
    last_seq = serializers.IntegerField()
    events_seen = serializers.IntegerField()
    missing_ranges = serializers.IntegerField()
    missing_events = serializers.IntegerField(help_text="Explained or not.")
    explained_events = serializers.IntegerField()


class DevicePageSerializer(serializers.Serializer[Any]):
    """A page of devices."""

    items = DeviceSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class GapExplainedSerializer(serializers.Serializer[Any]):
    """The explanation of a missing range."""

    reason = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class GapSerializer(serializers.Serializer[Any]):
    """A missing range, both ends included."""

    first_seq = serializers.IntegerField()
    last_seq = serializers.IntegerField()
    count = serializers.IntegerField()
    since = serializers.DateTimeField(help_text="When the event after it was received.")
    explained = GapExplainedSerializer(allow_null=True)


class GapPageSerializer(serializers.Serializer[Any]):
    """A page of missing ranges."""

    items = GapSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class ExplainGapSerializer(serializers.Serializer[Any]):
    """A range of missing numbers, and the reason."""

    first_seq = serializers.IntegerField(min_value=1)
    last_seq = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=4_000)


class ExplainedGapSerializer(serializers.Serializer[Any]):
    """The stored explanation."""

    device_id = serializers.CharField()
    first_seq = serializers.IntegerField()
    last_seq = serializers.IntegerField()
    explained = GapExplainedSerializer()
