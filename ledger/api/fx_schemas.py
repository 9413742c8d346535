"""OpenAPI schemas of rates and conversions."""

from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from ledger.models import RateSource


class _OneRateSerializer(serializers.Serializer[Any]):
    pair = serializers.CharField(required=False, help_text="EUR/USD; eur-usd and EURUSD are read as well.")
    rate = serializers.CharField(required=False, help_text='Decimal text above zero, e.g. "1.0832".')
    valid_from = serializers.DateTimeField(required=False, help_text="Default: now.")


class NewRateSerializer(_OneRateSerializer):
    """A rate: 1 of the pair's first currency = `rate` of its second. Or `rates`, a list of up to 1,000, all or none."""

    rates = _OneRateSerializer(many=True, required=False)


class RateSerializer(serializers.Serializer[Any]):
    """A version of a rate."""

    rate_id = serializers.IntegerField()
    pair = serializers.CharField()
    rate = serializers.CharField()
    valid_from = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="A correction is the next version.")
    superseded = serializers.BooleanField(help_text="There is a newer version.")
    source = serializers.ChoiceField(choices=RateSource.choices)  # type: ignore[assignment]  # as in book_schemas.py
    actor = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class RecordedSerializer(serializers.Serializer[Any]):
    """The current rates, and the number of new and unchanged ones."""

    items = RateSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


#: The answer to one rate, or to several.
RECORDED: Final = PolymorphicProxySerializer(
    component_name="RecordedRates", serializers=[RateSerializer, RecordedSerializer], resource_type_field_name=None
)


class RatePageSerializer(serializers.Serializer[Any]):
    """A page of versions, newest first; with `pair` and without `history`, the rate that holds instead."""

    items = RateSerializer(many=True, required=False)
    next_cursor = serializers.CharField(allow_null=True, required=False)


class ConversionSerializer(serializers.Serializer[Any]):
    """An amount, its conversion, and the rate used."""

    amount = serializers.CharField()
    converted = serializers.CharField()
    pair = serializers.CharField()
    rate = serializers.CharField()
    inverted = serializers.BooleanField()
    recorded_pair = serializers.CharField()
    recorded_rate = serializers.CharField()
    valid_from = serializers.DateTimeField()
    age_seconds = serializers.IntegerField()
