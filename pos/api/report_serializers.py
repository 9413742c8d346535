"""Render sales reports as JSON and CSV: decimal text with the currency's decimals, and plain counts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledgersafe.http.rendering import instant
from ledgersafe.values.csv_text import CsvCell, csv_lines
from ledgersafe.values.money import to_decimal_text
from pos.reports import LINES, TENDERS, Books, DaySales, Difference, Layers, SalesFigures, totals

#: Public names of figures and their attributes: amounts, then counts. Defined in docs/kpis.md.
AMOUNTS: Final = {
    "gross_sales": "gross_minor",
    "returns": "returns_minor",
    "discounts": "discounts_minor",
    "net_sales": "net_minor",
    "tax": "tax_minor",
    "tips": "tips_minor",
    "service_charges": "service_minor",
    "liabilities_sold": "liabilities_minor",
    "total": "total_minor",
    "cash_moved": "moved_cash_minor",
    "average_basket": "average_basket_minor",
}
COUNTS: Final = {
    "baskets": "baskets_count",
    "items": "items_count",
    "returns_count": "returns_count",
    "voids": "voids_count",
    "corrections": "corrections_count",
    "sales_rung_up": "rung_count",
}
RATES: Final = ("return_rate", "correction_rate")
_BATCH: Final = 500


def daily_sales_body(rows: Sequence[DaySales], first: date, last: date) -> dict[str, Any]:
    """Build the JSON body: a line per day, store and currency, and totals by currency."""
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "items": [{"date": row.day.isoformat(), **_of_store(row), **figures(row.sums, row.currency)} for row in rows],
        "totals": [{"currency": currency, **figures(sums, currency)} for currency, sums in totals(rows).items()],
    }


def figures(sums: SalesFigures, currency: str) -> dict[str, Any]:
    """Build every figure by its public name."""
    return {
        **{name: _amount(getattr(sums, place), currency) for name, place in AMOUNTS.items()},
        "tenders": {method: _amount(getattr(sums, place), currency) for method, place in TENDERS.items()},
        **{name: getattr(sums, place) for name, place in COUNTS.items()},
        **{name: _text(getattr(sums, name)) for name in RATES},
    }


def daily_sales_csv(rows: Iterable[DaySales]) -> Iterator[bytes]:
    """Yield the same lines as CSV; an undefined figure is an empty cell."""
    tenders = [f"tender_{method.lower()}" for method in TENDERS]
    yield csv_lines([["date", "store_id", "currency", *AMOUNTS, *tenders, *COUNTS, *RATES]])
    batch: list[list[CsvCell]] = []
    for row in rows:
        batch.append(_cells(row))
        if len(batch) == _BATCH:
            yield csv_lines(batch)
            batch = []
    yield csv_lines(batch)


def reconciliation_body(layers: Layers) -> dict[str, Any]:
    """Build the JSON body: all layers, and every difference by name."""
    return {
        "date": layers.day.isoformat(),
        "balanced": not layers.differences,
        "bronze": _bronze(layers),
        "silver": {"headers": sum(row.sums.facts_count for row in layers.silver), "totals": _sums(layers.silver)},
        "gold": {"headers": sum(row.sums.facts_count for row in layers.gold), "totals": _sums(layers.gold)},
        "ledger": {"journals": layers.books.journals, "totals": _books(layers.books, layers.currencies)},
        "differences": [_difference(difference) for difference in layers.differences],
    }


def _of_store(row: DaySales) -> dict[str, str]:
    return {"store_id": row.store_code, "currency": row.currency}


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else to_decimal_text(minor, currency)


def _text(rate: Decimal | None) -> str | None:
    return None if rate is None else str(rate)


def _cells(row: DaySales) -> list[CsvCell]:
    places = (*AMOUNTS.values(), *TENDERS.values())
    amounts = [_amount(getattr(row.sums, place), row.currency) for place in places]
    return [
        row.day.isoformat(),
        row.store_code,
        row.currency,
        *(None if text is None else Decimal(text) for text in amounts),
        *(getattr(row.sums, place) for place in COUNTS.values()),
        *(getattr(row.sums, name) for name in RATES),
    ]


def _bronze(layers: Layers) -> dict[str, Any]:
    bronze = layers.bronze
    results = ("processed", "duplicate", "quarantined", "rejected")
    return {
        "from": instant(bronze.starts_at),
        "to": instant(bronze.ends_at),
        "received": bronze.received,
        "unique_events": bronze.events,
        "results": {result: bronze.by_result.get(result, 0) for result in results},
        "journals": bronze.journals,
        "journals_of_this_date": bronze.headers_of_the_day,
        "journals_of_other_dates": bronze.headers - bronze.headers_of_the_day,
    }


def _sums(rows: Iterable[DaySales]) -> list[dict[str, Any]]:
    return [{"currency": currency, **figures(sums, currency)} for currency, sums in totals(rows).items()]


def _books(books: Books, currencies: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {"currency": currency, **{line.name: _amount(books.amount(currency, line), currency) for line in LINES}}
        for currency in currencies
    ]


def _difference(difference: Difference) -> dict[str, Any]:
    is_money = difference.currency and (difference.between[1] == "ledger" or difference.figure.endswith("_minor"))
    left, right = (
        to_decimal_text(value, difference.currency) if is_money else value
        for value in (difference.left, difference.right)
    )
    return {
        "between": list(difference.between),
        "figure": difference.figure.removesuffix("_minor"),
        "currency": difference.currency or None,
        "store_id": difference.store_code or None,
        "left": left,
        "right": right,
    }
