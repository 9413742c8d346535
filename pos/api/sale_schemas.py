"""Describe single sales for the OpenAPI schema."""

from typing import Any

from rest_framework import serializers

_DECIMAL = "Decimal text with the currency's decimals."


class SaleHeaderSerializer(serializers.Serializer[Any]):
    """The header of one journal of an event."""

    event_id = serializers.CharField()
    journal_id = serializers.IntegerField()
    event_type = serializers.CharField()
    undoes = serializers.BooleanField(help_text="It undoes another journal: amounts are below zero.")
    store_id = serializers.CharField()
    register_id = serializers.CharField(allow_null=True)
    txn_id = serializers.CharField()
    business_date = serializers.DateField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    late = serializers.BooleanField(help_text="Its own business day was closed already.")
    currency = serializers.CharField()
    gross_sales = serializers.CharField(help_text=_DECIMAL)
    returns = serializers.CharField(help_text="What was given back, positive.")
    discounts = serializers.CharField()
    tax = serializers.CharField()
    tips = serializers.CharField()
    service_charges = serializers.CharField()
    liabilities_sold = serializers.CharField(help_text="Gift cards, store credit and deposits.")
    total = serializers.CharField()
    tenders_by_method = serializers.DictField(child=serializers.CharField(), help_text="In the sale's currency.")


class SalePageSerializer(serializers.Serializer[Any]):
    """A page of headers, newest business day first."""

    items = SaleHeaderSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class _SaleLineSerializer(serializers.Serializer[Any]):
    line_no = serializers.IntegerField()
    line_id = serializers.CharField(allow_null=True)
    sku = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    quantity = serializers.CharField()
    amount = serializers.CharField(help_text="Before discounts and exclusive tax.")


class _SaleTenderSerializer(serializers.Serializer[Any]):
    line_no = serializers.IntegerField()
    method = serializers.CharField()
    processor = serializers.CharField(allow_null=True)
    reference = serializers.CharField(allow_null=True, help_text="What the payment is called elsewhere, as sent.")
    currency = serializers.CharField(help_text="The tender's own.")
    amount = serializers.CharField()


class _SaleTaxSerializer(serializers.Serializer[Any]):
    line_no = serializers.IntegerField()
    code = serializers.CharField()
    rate = serializers.CharField(allow_null=True)
    inclusive = serializers.BooleanField(help_text="It is in the amounts of the lines.")
    amount = serializers.CharField()


class _SaleJournalSerializer(SaleHeaderSerializer):
    lines = _SaleLineSerializer(many=True)
    tenders = _SaleTenderSerializer(many=True)
    taxes = _SaleTaxSerializer(many=True)


class _SaleReferenceSerializer(serializers.Serializer[Any]):
    event_id = serializers.CharField()
    kind = serializers.CharField()
    taken_back = serializers.BooleanField(help_text="The journal that made the reference was undone.")
    amount = serializers.CharField()
    journal_id = serializers.IntegerField(help_text="The journal that made the reference.")


class SaleSerializer(serializers.Serializer[Any]):
    """An event with its journals and references."""

    event_id = serializers.CharField()
    journals = _SaleJournalSerializer(many=True)
    refers_to = _SaleReferenceSerializer(many=True, help_text="What it is about.")
    referred_by = _SaleReferenceSerializer(many=True, help_text="What is about it.")
