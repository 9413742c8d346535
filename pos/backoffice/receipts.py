"""Turn the header and rows of a journal into the texts of a receipt. Pure."""

from typing import Any, Final

from ledgersafe.tenants.event_types import label_of
from ledgersafe.values.money_text import grouped
from ledgersafe.values.pretty import visible
from pos.models import SaleLine, SaleTax, SaleTender
from pos.reports import TENDERS
from pos.sales import Header, SoldJournal

TENDER_NAMES: Final = {
    "CASH": "Cash",
    "CARD": "Card",
    "EXTERNAL": "External",
    "GIFT_CARD": "Gift card",
    "STORE_CREDIT": "Store credit",
    "HOUSE_ACCOUNT": "House account",
}
_TONES: Final = {"SALE": "ls-ok", "RETURN": "ls-warn", "VOID": "ls-bad", "CANCEL": "ls-bad", "CORRECTION": "ls-info"}
#: Sums below the lines, in the order of a receipt: (label, figure, sign).
_SUMS: Final = (
    ("Discounts", "discounts_minor", -1),
    ("Tips", "tips_minor", 1),
    ("Service charges", "service_minor", 1),
)


def amount(minor: int, currency: str) -> str:
    """Format an amount with its currency, like `1,234.50 USD`."""
    return f"{grouped(minor, currency)} {currency}"


def summary_of(header: Header) -> dict[str, Any]:
    """Build a row of the sales list."""
    figures, currency = header.figures, header.currency
    used = [TENDER_NAMES[method] for method, place in TENDERS.items() if getattr(figures, place)]
    moved = not (figures.sales_count or figures.returns_count or figures.total_minor)
    return {
        "header": header,
        "event": visible(header.event_key),
        "receipt": visible(header.txn_id),
        "kind": label_of(header.event_type),
        "tone": _TONES.get(header.event_type, ""),
        "undoes": figures.sign < 0,
        "total": grouped(figures.cash_minor if moved else figures.total_minor, currency),
        "currency": currency,
        "tenders": ", ".join(used),
        "place": header.store_code + (f" / {header.register_code}" if header.register_code else ""),
    }


def receipt_of(sold: SoldJournal) -> dict[str, Any]:
    """Build the receipt of one journal: lines, sums, taxes and payments."""
    header = sold.header
    currency, figures = header.currency, header.figures
    sums = [(label, grouped(sign * getattr(figures, place), currency)) for label, place, sign in _SUMS
            if getattr(figures, place)]  # fmt: skip
    return summary_of(header) | {
        "lines": [_line(line) for line in sold.lines],
        "without_lines": not sold.lines and bool(figures.sales_count or figures.returns_count),
        "sums": sums,
        "taxes": [_tax(tax) for tax in sold.taxes],
        "paid": [_tender(tender, sold.references.get(tender.line_no, "")) for tender in sold.tenders],
    }


def _line(line: SaleLine) -> dict[str, str]:
    quantity = format(line.quantity.normalize(), "f").replace("-", "−")
    return {
        "quantity": quantity,
        "sku": visible(line.sku) or "(no article named)",
        "note": visible(line.category.replace("_", " ").capitalize()) if line.category else "",
        "amount": grouped(line.amount_minor, line.currency),
    }


def _tax(tax: SaleTax) -> dict[str, str]:
    return {
        "name": f"{visible(tax.code)} {tax.rate}".strip(),
        "note": "included in the lines" if tax.inclusive else "",
        "amount": grouped(tax.amount_minor, tax.currency),
    }


def _tender(tender: SaleTender, reference: str) -> dict[str, str]:
    return {
        "name": TENDER_NAMES.get(tender.method, tender.method),
        "note": visible(tender.processor),
        "reference": visible(reference),
        "amount": amount(tender.amount_minor, tender.currency),
    }
