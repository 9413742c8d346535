"""The sale as DRF's tutorial would read it: nested serializers, field by field."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers


class MoneyField(serializers.DecimalField):
    """An amount in major units with cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, min_value=Decimal(0), **kwargs)


class LineItemSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=200)
    qty = serializers.DecimalField(max_digits=18, decimal_places=6, default=Decimal(1))
    amount = MoneyField()


class TenderSerializer(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=["CASH", "CARD"])
    amount = MoneyField()
    processor = serializers.CharField(max_length=64, required=False, default="")


class TaxLineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=64)
    rate = serializers.DecimalField(max_digits=12, decimal_places=6)
    amount = MoneyField()


class SaleSerializer(serializers.Serializer[Any]):
    schema_version = serializers.RegexField(r"^v?1(\.\d{1,4}){0,2}$")
    tenant_id = serializers.SlugField(max_length=64)
    store_id = serializers.CharField(max_length=64)
    register_id = serializers.CharField(max_length=64)
    source_system = serializers.CharField(max_length=200)
    source_event_id = serializers.CharField(max_length=200)
    event_id = serializers.CharField(max_length=200)
    event_type = serializers.ChoiceField(choices=["SALE"])
    occurred_at = serializers.DateTimeField()
    txn_id = serializers.CharField(max_length=200)
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    total_amount = MoneyField()
    line_items = LineItemSerializer(many=True)
    tenders = TenderSerializer(many=True)
    tax_lines = TaxLineSerializer(many=True)

    def validate(self, sale: dict[str, Any]) -> dict[str, Any]:
        """Lines and taxes make the total, and the tenders pay it."""
        due = sum(part["amount"] for part in [*sale["line_items"], *sale["tax_lines"]])
        if due != sale["total_amount"] or due != sum(tender["amount"] for tender in sale["tenders"]):
            raise serializers.ValidationError("The totals do not agree.")
        return sale
