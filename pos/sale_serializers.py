"""What one sale looks like on the wire: its journals with lines, tenders and taxes, and what refers to what."""

from typing import Any

from rest_framework import serializers

from ledgersafe.api import instant
from ledgersafe.money import to_decimal_text
from pos.kpis import TENDERS
from pos.models import SaleLine, SaleReference, SaleTax, SaleTender
from pos.sale_queries import Header, SoldEvent, SoldJournal

_AMOUNTS = {
    "gross_sales": "gross_minor",
    "returns": "returns_minor",
    "discounts": "discounts_minor",
    "tax": "tax_minor",
    "tips": "tips_minor",
    "service_charges": "service_minor",
    "liabilities_sold": "liabilities_minor",
    "total": "total_minor",
}


def header_item(header: Header) -> dict[str, Any]:
    """One journal of an event; amounts of what undoes a sale are below zero."""
    figures, currency = header.figures, header.currency
    return {
        "event_id": header.event_key,
        "journal_id": header.journal_id,
        "event_type": header.event_type,
        "undoes": figures.sign < 0,
        "store_id": header.store_code,
        "register_id": header.register_code or None,
        "txn_id": header.txn_id,
        "business_date": header.business_date.isoformat(),
        "occurred_at": instant(header.occurred_at),
        "recorded_at": instant(header.recorded_at),
        "late": header.is_late,
        "currency": currency,
        **{name: to_decimal_text(getattr(figures, place), currency) for name, place in _AMOUNTS.items()},
        "tenders_by_method": {
            method: to_decimal_text(getattr(figures, place), currency)
            for method, place in TENDERS.items()
            if getattr(figures, place)
        },
    }


def sale_body(sold: SoldEvent) -> dict[str, Any]:
    """One event with everything it is made of."""
    currencies = {one.header.journal_id: one.header.currency for one in sold.journals}
    fallback = sold.journals[0].header.currency
    return {
        "event_id": sold.event_key,
        "journals": [_journal(journal) for journal in sold.journals],
        "refers_to": [
            _reference(row, row.original_key, currencies.get(row.journal_id, fallback)) for row in sold.refers_to
        ],
        "referred_by": [_reference(row, row.event_key, fallback) for row in sold.referred_by],
    }


def _journal(sold: SoldJournal) -> dict[str, Any]:
    return header_item(sold.header) | {
        "lines": [_line(line) for line in sold.lines],
        "tenders": [_tender(tender) for tender in sold.tenders],
        "taxes": [_tax(tax) for tax in sold.taxes],
    }


def _line(line: SaleLine) -> dict[str, Any]:
    return {
        "line_no": line.line_no,
        "line_id": line.line_id or None,
        "sku": line.sku,
        "category": line.category or None,
        "quantity": format(line.quantity, "f"),
        "amount": to_decimal_text(line.amount_minor, line.currency),
    }


def _tender(tender: SaleTender) -> dict[str, Any]:
    return {
        "line_no": tender.line_no,
        "method": tender.method,
        "processor": tender.processor or None,
        "currency": tender.currency,
        "amount": to_decimal_text(tender.amount_minor, tender.currency),
    }


def _tax(tax: SaleTax) -> dict[str, Any]:
    return {
        "line_no": tax.line_no,
        "code": tax.code,
        "rate": tax.rate or None,
        "inclusive": tax.inclusive,
        "amount": to_decimal_text(tax.amount_minor, tax.currency),
    }


def _reference(row: SaleReference, event_id: str, currency: str) -> dict[str, Any]:
    """A void, correction or return that was itself undone gives back what it took: below zero."""
    return {
        "event_id": event_id,
        "kind": row.kind,
        "taken_back": row.sign < 0,
        "amount": to_decimal_text(row.amount_minor, currency),
        "journal_id": row.journal_id,
    }


# ── The OpenAPI schema ──────────────────────────────────────────────────────────────────────────
_DECIMAL = "Decimal text with the currency's decimals."


class SaleHeaderSerializer(serializers.Serializer[Any]):
    """One journal of an event, and what it comes to."""

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
    """An event as it was sold."""

    event_id = serializers.CharField()
    journals = _SaleJournalSerializer(many=True)
    refers_to = _SaleReferenceSerializer(many=True, help_text="What it is about.")
    referred_by = _SaleReferenceSerializer(many=True, help_text="What is about it.")
