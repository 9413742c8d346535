"""Drawers in the back office: the page of one, and the forms that open, count and close them.

Changes by POST only, through the operations the API uses. Another tenant's drawer answers as an absent one.
"""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from ledger.backoffice.drawer_forms import CountForm, OpenForm, read_amount
from ledger.drawers import drawer as drawers
from ledger.drawers import queries, reports
from ledger.drawers.caller import Caller
from ledger.drawers.printed_reports import cash_lines, pieces, printed, tender_lines, totals
from ledger.drawers.reports import DrawerReport
from ledger.drawers.requests import Count, NewDrawer
from ledger.models import Drawer, DrawerStatus, FinancialTransaction
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, UseCaseForm, form_page, object_page, press
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Register
from ledgersafe.values.errors import NotFound
from ledgersafe.values.money_text import grouped

VIEW, OPERATE, APPROVE = "ledger.view_drawer", "ledger.operate_drawer", "ledger.approve_drawer"
_TONES: Final = {
    DrawerStatus.OPEN: "info",
    DrawerStatus.RECONCILING: "warning",
    DrawerStatus.CLOSED: "success",
}
#: Of a drawer with thousands of transactions the page shows the newest.
_SHOWN: Final = 100


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────
def open_page(request: HttpRequest) -> HttpResponse:
    """Above the list of drawers."""
    registers = _registers(request)
    form = OpenForm(request.POST or None)
    field: Any = form.fields["register"]
    field.queryset = registers
    field.label_from_instance = lambda row: f"{row.store.code} / {row.code} ({row.tenant.slug})"
    made = press(request, form, lambda typed: _open(request, typed))
    if made is not None:
        messages.success(request, f"The drawer of {made.store.code}/{made.register.code} is open.")
        return HttpResponseRedirect(_url(made))
    return form_page(
        request,
        form,
        opts=Drawer._meta,
        title="Open a drawer",
        intro="From now on all cash of the register goes through this drawer, whoever posts it.",
        submit="Open the drawer",
        back=reverse("admin:ledger_drawer_changelist"),
    )


def count_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """`drawer-count`."""
    return _counting(
        request,
        drawer_id,
        drawers.count_drawer,
        title="Count",
        submit="Save the count",
        intro="After the count the drawer takes no more transactions, only events that arrive late. Count again as "
        "often as needed, then close it.",
    )


def close_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """`drawer-close`."""
    return _counting(
        request,
        drawer_id,
        drawers.close_drawer,
        title="Close",
        submit="Close the drawer",
        intro="The difference is booked to cash over/short, the counted cash goes to the safe, and the drawer is "
        "sealed: its figures never change again.",
        danger=True,
    )


def adjust_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """`drawer-adjust`."""
    drawer = _drawer(request, drawer_id, OPERATE)
    form = UseCaseForm(request.POST if request.method == "POST" else None)
    number = press(
        request,
        form,
        lambda _: drawers.adjust_closed(
            tenant_id=drawer.tenant_id,
            account_id=drawer.account_id,
            actor=staff.actor_of(request.user),
            now=timezone.now(),
        ),
    )
    if number is not None:
        messages.success(request, f"{number} late transactions are booked against over/short.")
        return HttpResponseRedirect(_url(drawer))
    return form_page(
        request,
        form,
        opts=Drawer._meta,
        obj=drawer,
        title=f"Explain late cash of {_name(drawer)}",
        intro="Cash was posted after this drawer was closed. It was in the drawer when it was counted, so it is booked "
        "against cash over/short. A job does the same every minute.",
        submit="Book it",
        back=_url(drawer),
    )


def report_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """`drawer-report`: the X- or Z-report to print."""
    drawer = _drawer(request, drawer_id, VIEW)
    report = reports.read_report(_caller(request, drawer.tenant_id), drawer.pk)
    if _is_hidden(request, report.drawer):
        raise PermissionDenied
    return printed(report)


def show_drawer(request: HttpRequest, drawer: Drawer) -> HttpResponse:
    """The page of one drawer."""
    report = reports.read_report(_caller(request, drawer.tenant_id), drawer.pk)
    drawer, hidden = report.drawer, _is_hidden(request, report.drawer)
    cards = [_life_card(drawer)]
    if hidden:
        note = "This drawer is counted blind. Its figures are shown once it was counted."
        cards.append(Card("Figures", note=note))
    else:
        cards += _figure_cards(report)
    return object_page(
        request,
        drawer,
        title=f"Drawer of {_name(drawer)}",
        subtitle=f"{drawer.tenant.name or drawer.tenant.slug} · {drawer.currency}",
        badges=[Badge(drawer.get_status_display().lower(), _TONES[DrawerStatus(drawer.status)])],
        buttons=_buttons(request, report, hidden),
        cards=cards,
    )


# ── What is pressed ─────────────────────────────────────────────────────────────────────────────
def _open(request: HttpRequest, typed: dict[str, Any]) -> Drawer:
    register = typed["register"]
    caller, currency = _caller(request, register.tenant_id), register.tenant.base_currency
    starting = read_amount(typed["starting_cash"], currency, "starting_cash")
    wanted = NewDrawer(register.store.code, register.code, starting, currency, typed["is_blind"])
    now = timezone.now()
    return drawers.by_hand(caller.tenant_id, lambda: drawers.open_drawer(caller=caller, wanted=wanted, now=now))


def _counting(
    request: HttpRequest, drawer_id: int, operation: Callable[..., Drawer], *, title: str, **page: Any
) -> HttpResponse:
    drawer = _drawer(request, drawer_id, OPERATE)
    if drawer.status == DrawerStatus.CLOSED:
        return HttpResponseRedirect(_url(drawer))
    caller, now = _caller(request, drawer.tenant_id), timezone.now()

    def act(typed: dict[str, Any]) -> Drawer:
        count = Count(read_amount(typed["actual_cash"], drawer.currency, "actual_cash"), None, typed["notes"])
        how = {"caller": caller, "drawer_id": drawer.pk, "count": count, "now": now}
        return drawers.by_hand(drawer.tenant_id, lambda: operation(**how))

    form = CountForm(request.POST or None)
    form.fields["actual_cash"].help_text = f"In {drawer.currency}, like 250.00."
    if press(request, form, act) is not None:
        return HttpResponseRedirect(_url(drawer))
    heading = f"{title} the drawer of {_name(drawer)}"
    return form_page(request, form, opts=Drawer._meta, obj=drawer, title=heading, back=_url(drawer), **page)


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────
def _caller(request: HttpRequest, tenant_id: int) -> Caller:
    return Caller(tenant_id, staff.actor_of(request.user), staff.may(request.user, APPROVE, tenant_id))


def _drawer(request: HttpRequest, drawer_id: int, permission: str) -> Drawer:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    ids = staff.tenant_ids_of(request.user)
    tenant_id = Drawer.objects.filter(pk=drawer_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None or (ids is not None and tenant_id not in ids):
        raise Http404
    try:
        return queries.get_drawer(_caller(request, tenant_id), drawer_id)
    except NotFound as error:
        raise Http404 from error


def _registers(request: HttpRequest) -> Any:
    if not request.user.has_perm(OPERATE):
        raise PermissionDenied
    ids = staff.tenant_ids_of(request.user)
    rows = Register.objects.select_related("store", "tenant").order_by("tenant__slug", "store__code", "code")
    return rows if ids is None else rows.filter(tenant_id__in=ids)


def _is_hidden(request: HttpRequest, drawer: Drawer) -> bool:
    return queries.is_hidden(drawer, may_approve=staff.may(request.user, APPROVE, drawer.tenant_id))


# ── What is shown ───────────────────────────────────────────────────────────────────────────────
def _buttons(request: HttpRequest, report: DrawerReport, hidden: bool) -> list[Button]:
    drawer = report.drawer
    name = "Z-report" if report.is_final else "X-report"
    buttons = [] if hidden else [Button(name, reverse("drawer-report", args=[drawer.pk]), "print")]
    if not staff.may(request.user, OPERATE, drawer.tenant_id):
        return buttons
    if report.late != report.adjusted:
        buttons.append(Button("Explain late cash", reverse("drawer-adjust", args=[drawer.pk]), "rule", "primary"))
    if not report.is_final:
        buttons.append(Button("Count", reverse("drawer-count", args=[drawer.pk]), "calculate"))
        buttons.append(Button("Close", reverse("drawer-close", args=[drawer.pk]), "lock", "primary"))
    return buttons


def _life_card(drawer: Drawer) -> Card:
    facts: list[tuple[str, Any]] = [
        ("Opened", Cell(f"{drawer.opened_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.opened_by}")),
        ("Starting cash", _money(drawer, drawer.starting_cash_minor)),
        ("Count", "blind" if drawer.is_blind else "open"),
    ]
    if drawer.counted_at:
        facts.append(("Counted", Cell(f"{drawer.counted_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.counted_by}")))
    if drawer.closed_at:
        facts.append(("Closed", Cell(f"{drawer.closed_at:%Y-%m-%d %H:%M:%S} UTC", small=f"by {drawer.closed_by}")))
        facts.append(("Z-report", f"number {drawer.z_number}"))
    if drawer.notes:
        facts.append(("Notes", drawer.notes))
    url = reverse("admin:ledger_account_change", args=[drawer.account_id])
    return Card("Drawer", facts=[*facts, ("Account", Cell("in the books", url=url))])


def _figure_cards(report: DrawerReport) -> list[Card]:
    drawer, figures = report.drawer, totals(report)
    facts: list[tuple[str, Any]] = [("Expected cash", figures["expected"])]
    if figures["actual"]:
        off = (drawer.actual_cash_minor or 0) - report.expected
        badge = Badge("over" if off > 0 else "short", "warning") if off else Badge("exact", "success")
        facts += [("Counted cash", figures["actual"]), ("Over/short", Cell(figures["variance"], badge=badge))]
    facts += [("Net sales", figures["net"]), ("Transactions", f"{report.transactions:,}")]
    if report.late or report.adjusted:
        late = Cell(figures["late"] or "none", small=f"explained: {figures['adjusted'] or 'not yet'}")
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
            empty="Nothing was sold through this drawer yet.",
        ),
    ]
    if rows := [(face, f"{number:,}", worth) for face, number, worth in pieces(report)]:
        cards.append(Card("Pieces counted", headers=["Face value", "Pieces", "Worth"], rows=rows))
    return [*cards, _transactions_card(report)]


def _transactions_card(report: DrawerReport) -> Card:
    drawer = report.drawer
    newest = FinancialTransaction.objects.filter(tenant_id=drawer.tenant_id, drawer=drawer).order_by("-id")[:_SHOWN]
    total = sum(flow.number for flow in report.flows)
    return Card(
        "Transactions",
        headers=["When (UTC)", "What", "Tender", "Amount", "Into the drawer", "Order", "Journal"],
        rows=[_row(drawer, row) for row in newest],
        empty="Nothing went through this drawer yet.",
        note=f"The newest {_SHOWN} of {total:,}." if total > _SHOWN else "",
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


def _name(drawer: Drawer) -> str:
    return f"{drawer.store.name or drawer.store.code} / {drawer.register.name or drawer.register.code}"


def _url(drawer: Drawer) -> str:
    return reverse("admin:ledger_drawer_change", args=[drawer.pk])
