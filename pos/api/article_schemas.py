"""Describe the reports by article and by tax for the OpenAPI schema."""

from typing import Any

from rest_framework import serializers

_PENDING = (
    "Journals of these days whose lines are not in it yet: 0, but for what was posted this moment or is restored."
)


class _ArticleLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(help_text="Empty: goods that a return by total did not name.")
    currency = serializers.CharField()
    quantity = serializers.CharField(help_text="Sold less returned.")
    amount = serializers.CharField(help_text="Sold less returned, before discounts and exclusive tax.")
    sold_quantity = serializers.CharField()
    sold = serializers.CharField()
    returned_quantity = serializers.CharField()
    returned = serializers.CharField(help_text="Positive.")


class ArticlesSerializer(serializers.Serializer[Any]):
    """Sales by article, highest amount first."""

    to = serializers.DateField()
    pending = serializers.IntegerField(help_text=_PENDING)
    items = _ArticleLineSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField()} | super().get_fields()  # `from` is a word of Python's


class _TaxLineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    rate = serializers.CharField(allow_null=True)
    inclusive = serializers.BooleanField(help_text="It is in the amounts of the lines.")
    currency = serializers.CharField()
    amount = serializers.CharField(help_text="Taken, less given back.")


class TaxesSerializer(serializers.Serializer[Any]):
    """Taxes on sales, by code and rate."""

    to = serializers.DateField()
    pending = serializers.IntegerField(help_text=_PENDING)
    items = _TaxLineSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField()} | super().get_fields()
