"""Render an X- or Z-report as a page to print: black on white, as wide as a receipt or a sheet, without scripts."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from ledger.drawers.drawer_report import DrawerReport
from ledger.models import FlowType, Method
from ledgersafe.values.money_text import grouped

_CASH = (
    ("Cash sales", FlowType.SALE),
    ("Cash refunds", FlowType.REFUND),
    ("Paid in", FlowType.CASH_IN),
    ("Paid out", FlowType.CASH_OUT),
    ("Payouts", FlowType.PAYOUT),
    ("Drops to the safe", FlowType.DROP),
    ("Corrections", FlowType.CORRECTION),
)


def printed(report: DrawerReport) -> HttpResponse:
    """Render the page; no cache may keep it, since it shows a drawer's figures."""
    drawer = report.drawer
    context = {
        "report": report,
        "drawer": drawer,
        "name": "Z-report" if report.is_final else "X-report",
        "sales": list(tender_lines(report)),
        "cash": list(cash_lines(report)),
        "pieces": list(pieces(report)),
        "totals": totals(report),
        "printed_at": timezone.now(),
    }
    page = render_to_string("ledger/drawer_report.html", context)
    return HttpResponse(page, headers={"Cache-Control": "no-store, private"})


def tender_lines(report: DrawerReport) -> Iterator[tuple[str, str, str, str]]:
    """Yield (tender, sales, refunds, net) for each tender that was used."""
    for method in Method:
        sold, refunded = report.amount(FlowType.SALE, method), report.amount(FlowType.REFUND, method)
        if sold or refunded:
            yield method.label, _money(report, sold), _money(report, refunded), _money(report, sold - refunded)


def cash_lines(report: DrawerReport) -> Iterator[tuple[str, str]]:
    """Yield (label, amount) for each part of the expected cash; types without cash are left out."""
    yield "Starting cash", _money(report, report.drawer.starting_cash_minor)
    for label, kind in _CASH:
        if minor := report.cash(kind):
            yield label, _money(report, minor)


def pieces(report: DrawerReport) -> Iterator[tuple[str, int, str]]:
    """Yield (face value, number, value) for each denomination of the last count."""
    for face, number in (report.drawer.denominations or {}).items():
        yield _money(report, int(face)), number, _money(report, int(face) * number)


def totals(report: DrawerReport) -> dict[str, str]:
    """Return the single figures of the report as text, by name; an empty text when there is none."""
    drawer = report.drawer
    counted = drawer.actual_cash_minor
    minors = {
        "expected": report.expected,
        "actual": counted,
        "variance": None if counted is None else counted - report.expected,
        "sold": report.amount(FlowType.SALE),
        "refunded": report.amount(FlowType.REFUND),
        "net": report.net_sales,
        "grand": drawer.grand_total_minor,
        "late": report.late or None,
        "adjusted": report.adjusted or None,
    }
    return {name: "" if minor is None else _money(report, minor) for name, minor in minors.items()}


def _money(report: DrawerReport, minor: int) -> str:
    return grouped(minor, report.drawer.currency)
