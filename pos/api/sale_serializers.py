"""Render single sales as JSON: journals with lines, tenders and taxes, and references."""

from typing import Any

from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text
from pos.api.report_serializers import AMOUNTS
from pos.models import SaleLine, SaleReference, SaleTax, SaleTender
from pos.models.figures import Figures
from pos.reports import TENDERS
from pos.sales import Header, SoldEvent, SoldJournal

#: The amounts of a header, as reports call them.
_AMOUNTS = {name: place for name, place in AMOUNTS.items() if place in Figures._fields}


def header_item(header: Header) -> dict[str, Any]:
    """Build the header of one journal; amounts of a reversing journal are negative."""
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
    """Build one event with its journals and references."""
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
        "tenders": [_tender(tender, sold.references.get(tender.line_no)) for tender in sold.tenders],
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


def _tender(tender: SaleTender, reference: str | None) -> dict[str, Any]:
    return {
        "line_no": tender.line_no,
        "method": tender.method,
        "processor": tender.processor or None,
        "reference": reference,
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
    """Build one reference; one that was itself undone has a negative amount."""
    return {
        "event_id": event_id,
        "kind": row.kind,
        "taken_back": row.sign < 0,
        "amount": to_decimal_text(row.amount_minor, currency),
        "journal_id": row.journal_id,
    }
