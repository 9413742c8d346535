"""Render the reports by article and by tax as JSON and CSV."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledgersafe.values.csv_text import CsvCell, csv_lines
from ledgersafe.values.money import to_decimal_text
from pos.reports import Article, ArticleReport, TaxSum

_ARTICLE_COLUMNS: Final = (
    "sku", "currency", "quantity", "amount", "sold_quantity", "sold", "returned_quantity", "returned",
)  # fmt: skip
_TAX_COLUMNS: Final = ("code", "rate", "inclusive", "currency", "amount")
_BATCH: Final = 500


def articles_body(report: ArticleReport[Article], first: date, last: date) -> dict[str, Any]:
    """Build the JSON body: a line per article and currency."""
    items = [dict(zip(_ARTICLE_COLUMNS, _article(row), strict=True)) for row in report.rows]
    return {"from": first.isoformat(), "to": last.isoformat(), "pending": report.pending, "items": items}


def taxes_body(report: ArticleReport[TaxSum], first: date, last: date) -> dict[str, Any]:
    """Build the JSON body: a line per tax, rate and currency."""
    items = [
        {"code": row.code, "rate": row.rate or None, "inclusive": row.inclusive, "currency": row.currency,
         "amount": to_decimal_text(row.amount_minor, row.currency)}
        for row in report.rows
    ]  # fmt: skip
    return {"from": first.isoformat(), "to": last.isoformat(), "pending": report.pending, "items": items}


def articles_csv(report: ArticleReport[Article]) -> Iterator[bytes]:
    """Yield the same lines as CSV."""
    return _table(_ARTICLE_COLUMNS, (_numbers(row) for row in report.rows))


def taxes_csv(report: ArticleReport[TaxSum]) -> Iterator[bytes]:
    """Yield the same lines as CSV; a tax without rate has an empty cell."""
    return _table(_TAX_COLUMNS, (_tax_cells(row) for row in report.rows))


def _article(row: Article) -> list[str]:
    return [cell if isinstance(cell, str) else format(cell, "f") for cell in _numbers(row)]


def _numbers(row: Article) -> list[str | Decimal]:
    def money(minor: int) -> Decimal:
        return Decimal(to_decimal_text(minor, row.currency))

    return [
        row.sku, row.currency, row.quantity, money(row.amount_minor), row.sold_quantity, money(row.sold_minor),
        row.returned_quantity, money(row.returned_minor),
    ]  # fmt: skip


def _tax_cells(row: TaxSum) -> list[CsvCell]:
    amount = Decimal(to_decimal_text(row.amount_minor, row.currency))
    return [row.code, Decimal(row.rate) if row.rate else None, "yes" if row.inclusive else "no", row.currency, amount]


def _table(columns: Iterable[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    yield csv_lines([list(columns)])
    batch: list[list[CsvCell]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield csv_lines(batch)
            batch = []
    yield csv_lines(batch)
