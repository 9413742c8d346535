"""Describe sales reports for the OpenAPI schema."""

from typing import Any

from rest_framework import serializers

_DECIMAL = "Decimal text with the currency's decimals."


class _SalesFiguresSerializer(serializers.Serializer[Any]):
    gross_sales = serializers.CharField(help_text=_DECIMAL)
    returns = serializers.CharField(help_text="What was given back, positive.")
    discounts = serializers.CharField()
    net_sales = serializers.CharField(help_text="gross_sales − returns − discounts: without tax, tips and services.")
    tax = serializers.CharField()
    tips = serializers.CharField()
    service_charges = serializers.CharField()
    liabilities_sold = serializers.CharField(help_text="Gift cards, store credit and deposits.")
    total = serializers.CharField(help_text="All of it: what customers paid, less what they got back.")
    cash_moved = serializers.CharField(help_text="Cash paid in, less paid out and dropped; in no other figure.")
    average_basket = serializers.CharField(allow_null=True, help_text="net_sales / baskets; null without baskets.")
    tenders = serializers.DictField(child=serializers.CharField(), help_text="By method, less what was refunded.")
    baskets = serializers.IntegerField(help_text="Sales that stand.")
    items = serializers.IntegerField(help_text="Lines of baskets, less those brought back.")
    returns_count = serializers.IntegerField()
    voids = serializers.IntegerField()
    corrections = serializers.IntegerField()
    sales_rung_up = serializers.IntegerField(help_text="Voided ones included.")
    return_rate = serializers.CharField(allow_null=True, help_text="returns / gross_sales, four decimals.")
    correction_rate = serializers.CharField(allow_null=True, help_text="Voids and corrections per 100 sales rung up.")


class _SalesLineSerializer(_SalesFiguresSerializer):
    date = serializers.DateField()
    store_id = serializers.CharField()
    currency = serializers.CharField()


class _SalesTotalSerializer(_SalesFiguresSerializer):
    currency = serializers.CharField()


class DailySalesSerializer(serializers.Serializer[Any]):
    """Sales by store and business day."""

    to = serializers.DateField()
    items = _SalesLineSerializer(many=True)
    totals = _SalesTotalSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField()} | super().get_fields()  # `from` is a word of Python's


class _SalesBronzeSerializer(serializers.Serializer[Any]):
    to = serializers.DateTimeField()
    received = serializers.IntegerField(help_text="Arrivals received while the business day ran.")
    unique_events = serializers.IntegerField()
    results = serializers.DictField(child=serializers.IntegerField())
    journals = serializers.IntegerField(help_text="That they posted.")
    journals_of_this_date = serializers.IntegerField()
    journals_of_other_dates = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateTimeField()} | super().get_fields()


class _SalesLayerSerializer(serializers.Serializer[Any]):
    headers = serializers.IntegerField()
    totals = _SalesTotalSerializer(many=True)


class _SalesBooksSerializer(serializers.Serializer[Any]):
    journals = serializers.IntegerField(help_text="Of the date, caused by events.")
    totals = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


class _SalesDifferenceSerializer(serializers.Serializer[Any]):
    between = serializers.ListField(child=serializers.CharField())
    figure = serializers.CharField()
    currency = serializers.CharField(allow_null=True)
    store_id = serializers.CharField(allow_null=True)
    left = serializers.CharField()
    right = serializers.CharField()


class ReconciliationSerializer(serializers.Serializer[Any]):
    """A business day in all layers."""

    date = serializers.DateField()
    balanced = serializers.BooleanField(help_text="No difference.")
    bronze = _SalesBronzeSerializer()
    silver = _SalesLayerSerializer()
    gold = _SalesLayerSerializer()
    ledger = _SalesBooksSerializer()
    differences = _SalesDifferenceSerializer(many=True)
