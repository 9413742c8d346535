"""The page of one drawer: its life, its cards, and the buttons of the desk."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ledger.backoffice.drawer_cards import figure_cards, money_of
from ledger.backoffice.drawer_rights import OPERATE, caller_of, is_hidden
from ledger.drawers import DrawerReport, reports
from ledger.models import Drawer, DrawerStatus
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, object_page
from ledgersafe.tenants import staff

_TONES: Final = {
    DrawerStatus.OPEN: "info",
    DrawerStatus.RECONCILING: "warning",
    DrawerStatus.CLOSED: "success",
}


def show_drawer(request: HttpRequest, drawer: Drawer) -> HttpResponse:
    """Show one drawer; a blind count hides its figures."""
    report = reports.read_report(caller_of(request, drawer.tenant_id), drawer.pk)
    drawer, hidden = report.drawer, is_hidden(request, report.drawer)
    cards = [_life_card(drawer)]
    if hidden:
        note = "Blind count: the figures appear after the count."
        cards.append(Card("Figures", note=note))
    else:
        cards += figure_cards(report)
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
        ("Starting cash", money_of(drawer, drawer.starting_cash_minor)),
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


def place_of(drawer: Drawer) -> str:
    return f"{drawer.store.name or drawer.store.code} / {drawer.register.name or drawer.register.code}"


def url_of(drawer: Drawer) -> str:
    return reverse("admin:ledger_drawer_change", args=[drawer.pk])
