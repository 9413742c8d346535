"""The drawer desk of the back office: open, count, close, explain late cash, print a report.

Changes by POST only, through the use cases the API has as well.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from ledger.backoffice.drawer_forms import CountForm, OpenForm, read_amount
from ledger.backoffice.drawer_page import place_of, url_of
from ledger.backoffice.drawer_rights import OPERATE, VIEW, caller_of, drawer_of, is_hidden, registers_of
from ledger.drawers import Count, NewDrawer, adjust_closed, by_hand, close_drawer, count_drawer, open_drawer, reports
from ledger.drawers.printed_reports import printed
from ledger.models import Drawer, DrawerStatus
from ledgersafe.backoffice.pages import UseCaseForm, form_page, press
from ledgersafe.tenants import staff


def open_page(request: HttpRequest) -> HttpResponse:
    """Open a register's drawer: the form behind the button above the list."""
    registers = registers_of(request)
    form = OpenForm(request.POST or None)
    field: Any = form.fields["register"]
    field.queryset = registers
    field.label_from_instance = lambda row: f"{row.store.code} / {row.code} ({row.tenant.slug})"
    drawer = press(request, form, lambda values: _open(request, values))
    if drawer is not None:
        messages.success(request, f"Drawer of {drawer.store.code}/{drawer.register.code} opened.")
        return HttpResponseRedirect(url_of(drawer))
    return form_page(
        request,
        form,
        opts=Drawer._meta,
        title="Open a drawer",
        intro="All cash of the register goes through this drawer from now on.",
        submit="Open the drawer",
        back=reverse("admin:ledger_drawer_changelist"),
    )


def count_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """Record a count (`drawer-count`)."""
    return _counting(
        request,
        drawer_id,
        count_drawer,
        title="Count",
        submit="Save the count",
        intro="After the count the drawer takes late events only, no new transactions. You can count again until you "
        "close it.",
    )


def close_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """Count and close a drawer (`drawer-close`)."""
    return _counting(
        request,
        drawer_id,
        close_drawer,
        title="Close",
        submit="Close the drawer",
        intro="Closing books the difference to cash over/short and moves the counted cash to the safe. After that, the "
        "figures never change.",
        danger=True,
    )


def adjust_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """Book late cash of a closed drawer (`drawer-adjust`)."""
    drawer = drawer_of(request, drawer_id, OPERATE)
    form = UseCaseForm(request.POST if request.method == "POST" else None)
    number = press(
        request,
        form,
        lambda _: adjust_closed(
            tenant_id=drawer.tenant_id,
            account_id=drawer.account_id,
            actor=staff.actor_of(request.user),
            now=timezone.now(),
        ),
    )
    if number is not None:
        messages.success(request, f"Booked {number} late transactions to cash over/short.")
        return HttpResponseRedirect(url_of(drawer))
    return form_page(
        request,
        form,
        opts=Drawer._meta,
        obj=drawer,
        title=f"Book late cash of {place_of(drawer)}",
        intro="Cash was posted after this drawer was closed. It was in the drawer during the count, so it is booked to "
        "cash over/short. A background job does this every minute, too.",
        submit="Book late cash",
        back=url_of(drawer),
    )


def report_page(request: HttpRequest, drawer_id: int) -> HttpResponse:
    """Show the X- or Z-report to print (`drawer-report`)."""
    drawer = drawer_of(request, drawer_id, VIEW)
    report = reports.read_report(caller_of(request, drawer.tenant_id), drawer.pk)
    if is_hidden(request, report.drawer):
        raise PermissionDenied
    return printed(report)


def _open(request: HttpRequest, values: dict[str, Any]) -> Drawer:
    register = values["register"]
    caller, currency = caller_of(request, register.tenant_id), register.tenant.base_currency
    starting = read_amount(values["starting_cash"], currency, "starting_cash")
    new_drawer = NewDrawer(register.store.code, register.code, starting, currency, values["is_blind"])
    now = timezone.now()
    return by_hand(caller.tenant_id, lambda: open_drawer(caller=caller, request=new_drawer, now=now))


def _counting(
    request: HttpRequest, drawer_id: int, operation: Callable[..., Drawer], *, title: str, **page: Any
) -> HttpResponse:
    drawer = drawer_of(request, drawer_id, OPERATE)
    if drawer.status == DrawerStatus.CLOSED:
        return HttpResponseRedirect(url_of(drawer))
    caller, now = caller_of(request, drawer.tenant_id), timezone.now()

    def act(values: dict[str, Any]) -> Drawer:
        count = Count(read_amount(values["actual_cash"], drawer.currency, "actual_cash"), None, values["notes"])
        arguments = {"caller": caller, "drawer_id": drawer.pk, "count": count, "now": now}
        return by_hand(drawer.tenant_id, lambda: operation(**arguments))

    form = CountForm(request.POST or None)
    form.fields["actual_cash"].help_text = f"In {drawer.currency}, like 250.00."
    if press(request, form, act) is not None:
        return HttpResponseRedirect(url_of(drawer))
    heading = f"{title} the drawer of {place_of(drawer)}"
    return form_page(request, form, opts=Drawer._meta, obj=drawer, title=heading, back=url_of(drawer), **page)
