"""The page of one drawer: its life, its figures, its newest transactions, and the buttons of the desk."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ledger.backoffice.drawer_rights import OPERATE, caller_of, is_hidden
from ledger.drawers import DrawerReport, reports
from ledger.drawers.printed_reports import cash_lines, pieces, tender_lines, totals
from ledger.models import Drawer, DrawerStatus, FinancialTransaction
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, object_page
from ledgersafe.tenants import staff
from ledgersafe.values.money_text import grouped

_TONES: Final = {
    DrawerStatus.OPEN: "info",
    DrawerStatus.RECONCILING: "warning",
    DrawerStatus.CLOSED: "success",
}
#: The page lists so many transactions, the newest; a drawer may have thousands.
_MAX_ROWS: Final = 100


def show_drawer(request: HttpRequest, drawer: Drawer) -> HttpResponse:
    """Show one drawer; a blind count hides its figures."""
    report = reports.read_report(caller_of(request, drawer.tenant_id), drawer.pk)
    drawer, hidden = report.drawer, is_hidden(request, report.drawer)
    cards = [_life_card(drawer)]
    if hidden:
        note = "Blind count: the figures appear after the count."
        cards.append(Card("Figures", note=note))
    else:
        cards += _figure_cards(report)
    return object_page(
        request,
        drawer,
        title=f"Drawer of {place_of(drawer)}",
        subtitle=f"{drawer.tenant.name or drawer.tenant.slug} · {drawer.currency}",
        badges=[Badge(drawer.get_status_display().lower(), _TONES[DrawerStatus(drawer.status)])],
        buttons=_buttons(request, report, hidden),
        cards=cards,
    )


def _buttons(request: HttpRequest, report: DrawerReport, hidden: bool) -> list[Button]:
    drawer = report.drawer
    name = "Z-report" if report.is_final else "X-report"
    buttons = [] if hidden else [Button(name, reverse("drawer-report", args=[drawer.pk]), "print")]
    if not staff.may(request.user, OPERATE, drawer.tenant_id):
        return buttons
    if report.late != report.adjusted:
        buttons.append(Button("Book late cash", reverse("drawer-adjust", args=[drawer.pk]), "rule", "primary"))
    if not report.is_final:
        buttons.append(Button("Count", reverse("drawer-count", args=[drawer.pk]), "calculate"))
        buttons.append(Button("Close", reverse("drawer-close", args=[drawer.pk]), "lock", "primary"))
    return buttons


def _life_card(drawer: Drawer) -> Card:
    facts: list[tuple[str, Any]] = [
        ("Opened", Cell(f"{drawer.opened_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.opened_by}")),
        ("Starting cash", _money(drawer, drawer.starting_cash_minor)),
        ("Blind count", "yes" if drawer.is_blind else "no"),
    ]
    if drawer.counted_at:
        facts.append(("Counted", Cell(f"{drawer.counted_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.counted_by}")))
    if drawer.closed_at:
        facts.append(("Closed", Cell(f"{drawer.closed_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.closed_by}")))
        facts.append(("Z-report", f"number {drawer.z_number}"))
    if drawer.notes:
        facts.append(("Notes", drawer.notes))
    url = reverse("admin:ledger_account_change", args=[drawer.account_id])
    return Card("Drawer", facts=[*facts, ("Account", Cell("View account", url=url))])


def _figure_cards(report: DrawerReport) -> list[Card]:
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
        _money(drawer, row.amount_minor),
        _money(drawer, row.cash_minor) if row.cash_minor else "–",
        row.order_id or "–",
        Cell(f"#{row.journal_id}", url=reverse("admin:ledger_journal_change", args=[row.journal_id])),
    ]


def _money(drawer: Drawer, minor: int) -> str:
    return grouped(minor, drawer.currency)


def place_of(drawer: Drawer) -> str:
    return f"{drawer.store.name or drawer.store.code} / {drawer.register.name or drawer.register.code}"


def url_of(drawer: Drawer) -> str:
    return reverse("admin:ledger_drawer_change", args=[drawer.pk])
