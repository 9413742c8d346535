"""OpenAPI schemas of settlements."""

from typing import Any

from rest_framework import serializers

from ledger.transfers import STATUSES


class NewSettlementSerializer(serializers.Serializer[Any]):
    """An amount of the source account's currency. The key may be sent as `X-Idempotency-Key` instead."""

    client_id = serializers.CharField(required=False, help_text="The client of the key; default: the caller.")
    idempotency_key = serializers.CharField(required=False, max_length=200)
    from_account = serializers.CharField()
    to_account = serializers.CharField()
    amount = serializers.CharField(help_text='Decimal text above zero, e.g. "10.00".')
    as_of = serializers.CharField(required=False, help_text="The instant or day of the rate; default: now.")
    value_date = serializers.DateField(required=False, help_text="Default: the business day of `as_of`.")
    memo = serializers.CharField(required=False)
    external_ref = serializers.CharField(required=False, help_text="Default: the key.")


class SettlementSerializer(serializers.Serializer[Any]):
    """A settlement, with its journals and its rate."""

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
    """The outcome of a settlement."""

    status = serializers.ChoiceField(choices=STATUSES)


class SettlementPageSerializer(serializers.Serializer[Any]):
    """A page of settlements, newest first."""

    items = SettlementSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
