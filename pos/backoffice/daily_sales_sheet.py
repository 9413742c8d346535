"""Turn figures of daily sales into texts and shapes, by currency. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledgersafe.backoffice import charts
from ledgersafe.values.money import exponent
from ledgersafe.values.money_text import Money
from pos.reports import (
    LINES,
    TENDERS,
    DaySales,
    Difference,
    Layers,
    SalesFigures,
    by_day,
    by_store,
    days_between,
    totals,
)

#: The parts of gross sales, from the bottom of a bar: (colour class, name).
PARTS: Final = (("processed", "Net sales"), ("duplicate", "Discounts"), ("rejected", "Returns"))
SHOWN_STORES: Final = 200
_TICKS: Final = 7
_TENDER_NAMES: Final = {
    "CASH": "Cash",
    "CARD": "Card",
    "EXTERNAL": "External",
    "GIFT_CARD": "Gift card",
    "STORE_CREDIT": "Store credit",
    "HOUSE_ACCOUNT": "House account",
}
#: Layers by the names that people read; the API keeps those of the medallion.
_LAYER_NAMES: Final = {"bronze": "received", "silver": "sales", "gold": "report", "ledger": "books"}
_LINE_NAMES: Final = {line.name: line.name.replace("_", " ").capitalize() for line in LINES}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its label, and its figures as text."""

    label: str
    sums: SalesFigures
    currency: str
    note: str = ""
    share: str = "0"

    def money(self, name: str) -> str:
        """Format the figure `{name}_minor`; a dash if it is undefined."""
        minor = getattr(self.sums, f"{name}_minor")
        return "–" if minor is None else Money(minor, self.currency).text

    @property
    def cells(self) -> list[str]:
        """Texts of gross, returns, discounts, net, tax, tips, total, baskets and average basket."""
        amounts = [self.money(name) for name in ("gross", "returns", "discounts", "net", "tax", "tips", "total")]
        return [*amounts, f"{self.sums.baskets_count:,}", self.money("average_basket")]


HEADERS: Final = (
    "Gross", "Returns", "Discounts", "Net sales", "Tax", "Tips", "Total", "Baskets", "Average basket",
)  # fmt: skip


def sheets(rows: Sequence[DaySales], first: date, last: date, tenants: dict[int, str]) -> list[dict[str, Any]]:
    """Build a sheet per currency.

    :param tenants: names by id if several tenants share the page; else empty.
    """
    return [
        _sheet([row for row in rows if row.currency == currency], sums, currency, days_between(first, last), tenants)
        for currency, sums in totals(rows).items()
    ]


def _sheet(
    rows: Sequence[DaySales], sums: SalesFigures, currency: str, days: Sequence[date], tenants: dict[int, str]
) -> dict[str, Any]:
    by_date = by_day(rows)
    stores = _store_rows(rows, currency, tenants)
    return {
        "currency": currency,
        "tiles": _tiles(sums, currency),
        "chart": _chart(by_date, currency, days) if len(days) > 1 else None,
        "ticks": _ticks(days),
        "legend": [
            (kind, name, Money(minor, currency).text) for (kind, name), minor in zip(PARTS, _parts(sums), strict=True)
        ],
        "day_rows": [
            Row(f"{day:%a %-d %b %Y}", by_date[day, currency], currency) for day in days if (day, currency) in by_date
        ],
        "stores": stores[:SHOWN_STORES],
        "more_stores": len(stores) - SHOWN_STORES if len(stores) > SHOWN_STORES else 0,
        "tenders": _tender_rows(sums, currency),
        "moved": Money(sums.moved_cash_minor, currency) if sums.moved_cash_minor else None,
        "total": Row("Total", sums, currency),
        "headers": HEADERS,
    }


def _ticks(days: Sequence[date]) -> list[tuple[str, bool]]:
    """List (label, hidden on narrow screens) per bar; most labels are empty if there are many bars."""
    step = -(-len(days) // _TICKS)
    return [("" if place % step else f"{day:%-d %b}", place // step % 2 == 1) for place, day in enumerate(days)]


def _tiles(sums: SalesFigures, currency: str) -> list[tuple[str, str, str]]:
    """List the tiles as (label, value, note)."""
    row = Row("", sums, currency)
    returns = "1 return" if sums.returns_count == 1 else f"{sums.returns_count:,} returns"
    rung = f"{sums.voids_count + sums.corrections_count:,} of {sums.rung_count:,} rung up"
    return [
        ("Net sales", row.money("net"), f"of {row.money('gross')} gross"),
        ("Baskets", f"{sums.baskets_count:,}", f"{sums.items_count:,} items"),
        ("Average basket", row.money("average_basket"), "net sales per basket"),
        ("Return rate", _percent(sums.return_rate), f"{row.money('returns')} in {returns}"),
        ("Tax", row.money("tax"), f"tips {row.money('tips')}, service {row.money('service')}"),
        ("Voids and corrections", "–" if sums.correction_rate is None else f"{sums.correction_rate:.1f} %", rung),
    ]


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _parts(sums: SalesFigures) -> tuple[int, int, int]:
    return sums.net_minor, sums.discounts_minor, sums.returns_minor


def _chart(by_date: dict[tuple[date, str], SalesFigures], currency: str, days: Sequence[date]) -> charts.StackedBars:
    """Build a bar per day in whole currency units; negative parts are left out."""
    columns = []
    for day in days:
        sums = by_date.get((day, currency), SalesFigures())
        parts = zip((kind for kind, _ in PARTS), _parts(sums), strict=True)
        label = (
            f"{day:%a %-d %b}: net {Money(sums.net_minor, currency).text} {currency}, {sums.baskets_count:,} baskets"
        )
        columns.append((label, {kind: max(0, minor) // 10 ** exponent(currency) for kind, minor in parts}))
    return charts.stacked(columns, [kind for kind, _ in PARTS])


def _store_rows(rows: Sequence[DaySales], currency: str, tenants: dict[int, str]) -> list[Row]:
    """List stores, highest net sales first."""
    stores = sorted(by_store(rows).items(), key=lambda item: (-item[1].net_minor, item[0]))
    best = max((sums.net_minor for _, sums in stores), default=0) or 1
    return [
        Row(store or "(no store)", sums, currency, tenants.get(tenant, ""), _share(sums.net_minor, best))
        for (tenant, store, _), sums in stores
    ]


def _tender_rows(sums: SalesFigures, currency: str) -> list[tuple[str, Money, str]]:
    """List (method, amount, share of the largest in percent) of the tender methods used."""
    used = [(method, getattr(sums, place)) for method, place in TENDERS.items() if getattr(sums, place)]
    best = max((minor for _, minor in used), default=0) or 1
    return [(_TENDER_NAMES[method], Money(minor, currency), _share(minor, best)) for method, minor in used]


def _share(minor: int, best: int) -> str:
    return f"{max(0, 100 * minor / best):.1f}" if best > 0 else "0"


# ── A day in every layer ────────────────────────────────────────────────────────────────────────
def layer_tables(layers: Layers) -> list[dict[str, Any]]:
    """Build a table per currency: a line per figure with its amount in headers, report and books."""
    silver, gold = totals(layers.silver), totals(layers.gold)
    tables = []
    for currency in layers.currencies:
        lines = []
        for line in LINES:
            amounts = (
                line.silver(silver.get(currency, SalesFigures())),
                line.silver(gold.get(currency, SalesFigures())),
                layers.books.amount(currency, line),
            )
            if any(amounts):
                texts = [Money(minor, currency).text for minor in amounts]
                lines.append((_LINE_NAMES[line.name], texts, len(set(amounts)) == 1))
        tables.append({"currency": currency, "lines": lines})
    return tables


def difference_cells(difference: Difference) -> list[str]:
    """Render a difference as the cells layers, figure, store, first and second value."""
    is_money = difference.currency and not difference.figure.endswith("_count")
    left, right = (
        f"{Money(value, difference.currency).text} {difference.currency}" if is_money else f"{value:,}"
        for value in (difference.left, difference.right)
    )
    figure = difference.figure.removesuffix("_minor").removesuffix("_count").replace("_", " ").capitalize()
    between = " and ".join(_LAYER_NAMES[layer] for layer in difference.between)
    return [between, figure, difference.store_code or "all stores", left, right]
