"""The dashboard page, and its live part alone, which the browser reloads while the page is open."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.utils import timezone

from exceptions.waiting import count_waiting
from ledgersafe.backoffice.scope import View, view_of
from ledgersafe.dashboard.panels import inbox_url, panels
from ledgersafe.dashboard.vitals import vitals
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's dashboard callback: the context of `templates/admin/index.html`."""
    return context | _live(request) | {"title": "Overview"}


def figures(request: HttpRequest) -> HttpResponse:
    """The live part as a fragment, for the same person and tenant."""
    response = render(request, "dashboard/figures.html", _live(request))
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _live(request: HttpRequest) -> dict[str, Any]:
    now, view = timezone.now(), view_of(request)
    context = panels(view, now)
    first = _first_event(request, view.tenant) if context["is_new"] and view.tenant else ""
    context["proposals"] = _proposals(request, view)
    return {"view": view, "now": now, "vitals": vitals(view.tenant_id, now=now), "first_event": first} | context


def _proposals(request: HttpRequest, view: View) -> list[tuple[str, str]]:
    """Open proposals as (sentence, URL of the list): those this person may confirm, and their own."""
    user: Any = request.user
    may_decide = user.has_perm("exceptions.decide_exceptioncase")
    may_approve = user.has_perm("exceptions.approve_exceptioncase")
    if not view.choices or not (may_decide or may_approve):
        return []
    tenant_ids = None if view.tenant is None and view.offers_all else [tenant.id for tenant in view.tenants]
    counts = count_waiting(tenant_ids, me=staff.actor_of(user))
    links = []
    if counts.to_confirm and may_approve:
        number = counts.to_confirm
        text = f"{number:,} decision{pluralize(number)} need{pluralize(number, 's,')} your confirmation"
        links.append((text, inbox_url(view, state="confirm")))
    if counts.proposed:
        number = counts.proposed
        text = f"{number:,} of your proposals need{pluralize(number, 's,')} confirmation"
        links.append((text, inbox_url(view, state="proposed")))
    return links


def _first_event(request: HttpRequest, tenant: Tenant) -> str:
    """A curl command that sends the tenant's first sale; the person fills in the key."""
    event = {
        "schema_version": "1.0",
        "tenant_id": tenant.slug,
        "store_id": "store-1",
        "register_id": "till-1",
        "source_system": "curl",
        "event_id": "first-event",
        "event_type": "SALE",
        "occurred_at": timezone.now().isoformat(timespec="seconds"),
        "txn_id": "first-sale",
        "currency": tenant.base_currency,
        "total_amount": 42,
    }
    url, body = request.build_absolute_uri("/v1/events"), json.dumps(event, indent=2)
    headers = ("Authorization: Bearer YOUR-API-KEY", "Content-Type: application/json")
    return " \\\n  ".join([f"curl {url}", *(f"-H '{header}'" for header in headers), f"-d '{body}'"])
