"""Cards of a drawer's page: its figures, its newest transactions."""

from typing import Any, Final

from django.urls import reverse

from ledger.drawers import DrawerReport
from ledger.drawers.printed_reports import cash_lines, pieces, tender_lines, totals
from ledger.models import Drawer, FinancialTransaction
from ledgersafe.backoffice.pages import Badge, Card, Cell
from ledgersafe.values.money_text import grouped

#: The page lists so many transactions, the newest; a drawer may have thousands.
_MAX_ROWS: Final = 100


def figure_cards(report: DrawerReport) -> list[Card]:
    """Return the cards of a drawer's figures, of its denominations and of its newest transactions."""
    drawer, figures = report.drawer, totals(report)
    facts: list[tuple[str, Any]] = [("Expected cash", figures["expected"])]
    if figures["actual"]:
        difference = (drawer.actual_cash_minor or 0) - report.expected
        badge = Badge("over" if difference > 0 else "short", "warning") if difference else Badge("exact", "success")
        facts += [("Counted cash", figures["actual"]), ("Over/short", Cell(figures["variance"], badge=badge))]
    facts += [("Net sales", figures["net"]), ("Transactions", f"{report.transactions:,}")]
    if report.late or report.adjusted:
        late = Cell(figures["late"] or "none", small=f"booked: {figures['adjusted'] or 'not yet'}")
        facts.append(("Cash after the close", late))
    cards = [
        Card("Figures", facts=facts),
        Card(
            "Cash in the drawer", headers=["", "Amount"], rows=[*cash_lines(report), ("Expected", figures["expected"])]
        ),
        Card(
            "Sales by tender",
            headers=["Tender", "Sales", "Refunds", "Net"],
            rows=list(tender_lines(report)),
            empty="No sales yet.",
        ),
    ]
    if rows := [(face, f"{number:,}", worth) for face, number, worth in pieces(report)]:
        cards.append(Card("Denominations counted", headers=["Face value", "Number", "Value"], rows=rows))
    return [*cards, _transactions_card(report)]


def _transactions_card(report: DrawerReport) -> Card:
    drawer = report.drawer
    newest = FinancialTransaction.objects.filter(tenant_id=drawer.tenant_id, drawer=drawer).order_by("-id")[:_MAX_ROWS]
    total = sum(flow.number for flow in report.flows)
    return Card(
        "Transactions",
        headers=["Time (UTC)", "Type", "Tender", "Amount", "Cash", "Order", "Journal"],
        rows=[_row(drawer, row) for row in newest],
        empty="No transactions yet.",
        note=f"The newest {_MAX_ROWS} of {total:,}." if total > _MAX_ROWS else "",
        wide=True,
    )


def _row(drawer: Drawer, row: FinancialTransaction) -> list[Any]:
    return [
        f"{row.created_at:%Y-%m-%d %H:%M:%S}",
        Cell(row.get_type_display().capitalize(), badge=Badge("late", "warning") if row.is_late else None),
        row.get_method_display(),
        money_of(drawer, row.amount_minor),
        money_of(drawer, row.cash_minor) if row.cash_minor else "–",
        row.order_id or "–",
        Cell(f"#{row.journal_id}", url=reverse("admin:ledger_journal_change", args=[row.journal_id])),
    ]


def money_of(drawer: Drawer, minor: int) -> str:
    """Format minor units of the drawer's currency."""
    return grouped(minor, drawer.currency)
