"""Show devices and their missing numbers in the back office, and explain gaps."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from ledgersafe.backoffice.pages import (
    Badge,
    Button,
    Card,
    Cell,
    UseCaseForm,
    choice_page,
    form_page,
    object_page,
    press,
)
from ledgersafe.backoffice.scope import view_of
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import NotFound
from ledgersafe.values.pretty import visible
from pos.devices import DeviceState, Gap, fold, queries
from pos.devices import explain as explaining

VIEW, EXPLAIN = "pos.view_device", "pos.explain_devicegap"
_SHOWN: Final = 200


class ExplainForm(UseCaseForm):
    """A range of missing numbers, and the reason."""

    first_seq = forms.IntegerField(label="First missing number", min_value=1, widget=UnfoldAdminIntegerFieldWidget())
    last_seq = forms.IntegerField(label="Last missing number", min_value=1, widget=UnfoldAdminIntegerFieldWidget())
    reason = forms.CharField(
        label="Why they are missing",
        max_length=4_000,
        help_text="Stored permanently with your name. An event that arrives later is still posted.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def show_devices(request: HttpRequest) -> HttpResponse:
    """Show `devices-page`: the devices of a tenant."""
    _require(request)
    view = view_of(request)
    tenant = view.tenant
    if tenant is None:
        choices = [
            (one.slug, one.name, f"{reverse('devices-page')}?tenant={one.slug}") for one in view.choices[:_SHOWN]
        ]
        return choice_page(request, opts=Tenant._meta, title="Devices", intro="Choose a company", choices=choices)
    fold.fold_devices(tenant_id=tenant.id)
    devices = queries.list_devices(tenant.id, limit=_SHOWN + 1)
    card = Card(
        "Devices with sequence numbers",
        headers=("Device", "Last seen", "Numbers", "Events", "Missing"),
        rows=[_device_row(tenant, device) for device in devices[:_SHOWN]],
        empty="No events with device_id and device_seq yet.",
        note=f"The first {_SHOWN} by name; the API lists all." if len(devices) > _SHOWN else "",
        wide=True,
    )
    return object_page(request, tenant, title="Devices", subtitle=f"of {tenant.name} ({tenant.slug})", cards=[card])


def show_gaps(request: HttpRequest, slug: str) -> HttpResponse:
    """Show `device-gaps-page`: the missing numbers of the device in the address."""
    tenant, device_id = _requested_device(request, slug)
    fold.fold_devices(tenant_id=tenant.id)
    try:
        gaps, more = queries.list_gaps(tenant.id, device_id, limit=_SHOWN)
    except NotFound as error:
        raise Http404 from error
    may_explain = staff.may(request.user, EXPLAIN, tenant.id)
    headers = ("Numbers", "Missing", "Since", "Explanation")
    card = Card(
        "Missing numbers",
        headers=headers,
        rows=[_gap_row(tenant, device_id, gap, may_explain=may_explain) for gap in gaps],
        empty="No numbers are missing between the first and last received.",
        note=f"The first {_SHOWN} gaps; the API lists all." if more is not None else "",
        wide=True,
    )
    unexplained = sum(gap.explanation is None for gap in gaps)
    badge = Badge("unexplained gaps", "warning") if unexplained else Badge("all gaps explained", "success")
    back = Button("All devices", f"{reverse('devices-page')}?tenant={tenant.slug}")
    subtitle = f"a device of {tenant.name} ({tenant.slug})"
    return object_page(
        request, tenant, title=visible(device_id), subtitle=subtitle, badges=[badge], buttons=[back], cards=[card]
    )


def explain(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and process `device-gap-explain`: the form in which a supervisor explains a gap."""
    tenant, device_id = _requested_device(request, slug)
    if not staff.may(request.user, EXPLAIN, tenant.id):
        raise PermissionDenied
    named = {name: request.GET.get(name, "") for name in ("first_seq", "last_seq")}
    form = ExplainForm(request.POST or None, initial=named)
    done = press(request, form, lambda typed: _explain(request, tenant, device_id, typed))
    back = _url("device-gaps-page", tenant, device_id=device_id)
    if done is not None:
        messages.success(request, f"Explanation saved for {visible(device_id)}.")
        return HttpResponseRedirect(back)
    return form_page(
        request,
        form,
        opts=Tenant._meta,
        title=f"Explain a gap of {visible(device_id)}",
        intro="For numbers that will never arrive, e.g. after a device was replaced, reset or tested before setup.",
        submit="Explain the gap",
        back=back,
    )


def _explain(request: HttpRequest, tenant: Tenant, device_id: str, typed: dict[str, Any]) -> Any:
    missing = explaining.Missing(device_id, typed["first_seq"], typed["last_seq"], typed["reason"])
    return explaining.explain_gap(
        tenant_id=tenant.id, missing=missing, actor=staff.actor_of(request.user), now=timezone.now()
    )


def _device_row(tenant: Tenant, device: DeviceState) -> list[Any]:
    url = _url("device-gaps-page", tenant, device_id=device.device_id)
    unexplained = device.missing - device.explained
    badge = Badge(f"{unexplained:,} missing", "warning") if unexplained else Badge("complete", "success")
    explained = f"{device.explained:,} explained" if device.explained else ""
    return [
        Cell(visible(device.device_id), url=url, small=visible(device.store_code)),
        f"{device.last_received_at:%Y-%m-%d %H:%M:%S} UTC",
        Cell(f"{device.first_seq:,} to {device.last_seq:,}"),
        f"{device.events_seen:,}",
        Cell("", badge=badge, small=explained),
    ]


def _gap_row(tenant: Tenant, device_id: str, gap: Gap, *, may_explain: bool) -> list[Any]:
    numbers = f"{gap.first_seq:,}" if gap.count == 1 else f"{gap.first_seq:,} to {gap.last_seq:,}"
    explanation: Any = Cell("", badge=Badge("not explained", "warning"))
    if gap.explanation is not None:
        by = f"{gap.explanation.explained_by}, {gap.explanation.explained_at:%Y-%m-%d %H:%M} UTC"
        explanation = Cell(visible(gap.explanation.reason), small=by)
    elif may_explain:
        span = {"first_seq": str(gap.first_seq), "last_seq": str(gap.last_seq)}
        explanation = Cell("Explain", url=_url("device-gap-explain", tenant, device_id=device_id, **span))
    return [numbers, f"{gap.count:,}", f"{gap.since:%Y-%m-%d %H:%M:%S} UTC", explanation]


def _requested_device(request: HttpRequest, slug: str) -> tuple[Tenant, str]:
    """Return the tenant and device of the address. :raises Http404: absent, or of a tenant the person may not see."""
    _require(request)
    tenant = staff.visible_tenants(request.user).filter(slug=slug).first() if slug.isprintable() else None
    device_id = request.GET.get("device", "")
    if tenant is None or not device_id or "\x00" in device_id:
        raise Http404
    return tenant, device_id


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied


def _url(name: str, tenant: Tenant, *, device_id: str, **more: str) -> str:
    return f"{reverse(name, args=[tenant.slug])}?{urlencode({'device': device_id} | more)}"
