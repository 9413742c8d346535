"""What foreign currency looks like on the wire: rates and amounts as decimal text."""

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from ledger.fx import conversion
from ledger.fx.conversion import Conversion, Rate
from ledger.fx.rates import max_age
from ledger.models import FxRate, FxSettlement, RateSource
from ledger.transfers.transfer import STATUSES
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def rate_item(rate: FxRate) -> dict[str, Any]:
    """One version of a rate."""
    return {
        "rate_id": rate.pk,
        "pair": rate.pair,
        "rate": conversion.rate_text(rate.rate),
        "valid_from": instant(rate.valid_from),
        "version": rate.version,
        "superseded": vars(rate).get("superseded", False),
        "source": rate.source,
        "actor": rate.actor,
        "recorded_at": instant(rate.recorded_at),
    }


def current_item(rate: Rate, source: str, target: str, at: datetime) -> dict[str, Any]:
    """The rate that holds: as asked for, and as it was recorded."""
    inverted = rate.base != source
    return {
        "pair": f"{source}/{target}",
        "rate": conversion.inverse_text(rate.value) if inverted else rate.text,
        "inverted": inverted,
        "rate_id": rate.id,
        "recorded_pair": rate.pair,
        "recorded_rate": rate.text,
        "valid_from": instant(rate.valid_from),
        "as_of": instant(at),
        "age_seconds": int((at - rate.valid_from).total_seconds()),
        "stale": conversion.is_stale(rate.valid_from, at, max_age()),
    }


def conversion_item(found: Conversion, at: datetime) -> dict[str, Any]:
    """An amount, and what it comes to."""
    return {
        "from": found.source,
        "to": found.target,
        "amount": to_decimal_text(found.amount_minor, found.source),
        "converted": to_decimal_text(found.converted_minor, found.target),
    } | current_item(found.rate, found.source, found.target, at)


def settlement_item(row: FxSettlement) -> dict[str, Any]:
    """One settlement, with the rate it was made by."""
    return {
        "settlement_id": row.pk,
        "from_account": row.from_account.code,
        "to_account": row.to_account.code,
        "amount": to_decimal_text(row.amount_minor, row.source_currency),
        "ccy": row.source_currency,
        "converted": to_decimal_text(row.converted_minor, row.target_currency),
        "converted_ccy": row.target_currency,
        "rate_id": row.rate_id,
        "pair": row.rate.pair,
        "rate": conversion.rate_text(row.rate_value),
        "inverted": row.inverted,
        "rate_valid_from": instant(row.rate.valid_from),
        "as_of": instant(row.as_of),
        "value_date": row.business_date.isoformat(),
        "source_journal_id": row.source_journal_id,
        "target_journal_id": row.target_journal_id,
        "client_id": row.client_id,
        "idempotency_key": row.idempotency_key,
        "memo": row.memo or None,
        "created_at": instant(row.created_at),
    }


def settled_item(row: FxSettlement, *, is_new: bool, dry_run: bool) -> dict[str, Any]:
    """What became of a settlement; of a dry run without ids."""
    status = "duplicate" if not is_new else "dry_run" if dry_run else "applied"
    item = settlement_item(row) | {"status": status}
    if status == "dry_run":
        item |= dict.fromkeys(("settlement_id", "source_journal_id", "target_journal_id", "created_at"))
    return item


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
class _OneRateSerializer(serializers.Serializer[Any]):
    pair = serializers.CharField(required=False, help_text="EUR/USD; eur-usd and EURUSD are read as well.")
    rate = serializers.CharField(required=False, help_text='Decimal text above zero, e.g. "1.0832".')
    valid_from = serializers.DateTimeField(required=False, help_text="Left out: now.")


class NewRateSerializer(_OneRateSerializer):
    """A rate: 1 of the pair's first currency = `rate` of its second. Or `rates`, a list of up to 1,000, all or none."""

    rates = _OneRateSerializer(many=True, required=False)


class RateSerializer(serializers.Serializer[Any]):
    """One version of a rate."""

    rate_id = serializers.IntegerField()
    pair = serializers.CharField()
    rate = serializers.CharField()
    valid_from = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="A correction is the next version.")
    superseded = serializers.BooleanField(help_text="There is a newer version.")
    source = serializers.ChoiceField(choices=RateSource.choices)  # type: ignore[assignment]  # as in serializers.py
    actor = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class RecordedSerializer(serializers.Serializer[Any]):
    """The rates that are current now, and how many of them are new."""

    items = RateSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


#: One rate was sent, or several.
RECORDED: Final = PolymorphicProxySerializer(
    component_name="RecordedRates", serializers=[RateSerializer, RecordedSerializer], resource_type_field_name=None
)


class RatePageSerializer(serializers.Serializer[Any]):
    """A page of versions, newest first; with `pair` and without `history`, the rate that holds instead."""

    items = RateSerializer(many=True, required=False)
    next_cursor = serializers.CharField(allow_null=True, required=False)


class ConversionSerializer(serializers.Serializer[Any]):
    """An amount, and what it comes to by the rate that holds."""

    amount = serializers.CharField()
    converted = serializers.CharField()
    pair = serializers.CharField()
    rate = serializers.CharField()
    inverted = serializers.BooleanField()
    recorded_pair = serializers.CharField()
    recorded_rate = serializers.CharField()
    valid_from = serializers.DateTimeField()
    age_seconds = serializers.IntegerField()


class NewSettlementSerializer(serializers.Serializer[Any]):
    """An amount of the source account's currency. The key may be sent as `X-Idempotency-Key` instead."""

    client_id = serializers.CharField(required=False, help_text="Whose key it is; left out: the caller's.")
    idempotency_key = serializers.CharField(required=False, max_length=200)
    from_account = serializers.CharField()
    to_account = serializers.CharField()
    amount = serializers.CharField(help_text='Decimal text above zero, e.g. "10.00".')
    as_of = serializers.CharField(required=False, help_text="Whose rate is taken: an instant or a day; left out: now.")
    value_date = serializers.DateField(required=False, help_text="Left out: the business day of `as_of`.")
    memo = serializers.CharField(required=False)
    external_ref = serializers.CharField(required=False, help_text="Left out: the key.")


class SettlementSerializer(serializers.Serializer[Any]):
    """A settlement, with its journals and the rate it was made by."""

    settlement_id = serializers.IntegerField(allow_null=True)
    from_account = serializers.CharField()
    to_account = serializers.CharField()
    amount = serializers.CharField()
    ccy = serializers.CharField()
    converted = serializers.CharField()
    converted_ccy = serializers.CharField()
    rate_id = serializers.IntegerField()
    pair = serializers.CharField()
    rate = serializers.CharField()
    inverted = serializers.BooleanField()
    rate_valid_from = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    value_date = serializers.DateField()
    source_journal_id = serializers.IntegerField(allow_null=True)
    target_journal_id = serializers.IntegerField(allow_null=True)
    client_id = serializers.CharField()
    idempotency_key = serializers.CharField()
    memo = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)


class SettledSerializer(SettlementSerializer):
    """What became of a settlement."""

    status = serializers.ChoiceField(choices=STATUSES)


class SettlementPageSerializer(serializers.Serializer[Any]):
    """A page of settlements, newest first."""

    items = SettlementSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
