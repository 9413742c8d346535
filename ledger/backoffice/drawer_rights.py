"""The rights of a person at the drawer desk. Another tenant's drawer answers 404, as a missing one does."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from ledger.drawers import Caller, queries
from ledger.models import Drawer
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Register
from ledgersafe.values.errors import NotFound

VIEW, OPERATE, APPROVE = "ledger.view_drawer", "ledger.operate_drawer", "ledger.approve_drawer"


def caller_of(request: HttpRequest, tenant_id: int) -> Caller:
    """Return the signed-in person as a caller of drawer operations."""
    return Caller(tenant_id, staff.actor_of(request.user), staff.may(request.user, APPROVE, tenant_id))


def drawer_of(request: HttpRequest, drawer_id: int, permission: str) -> Drawer:
    """Return a drawer of the person's tenants.

    :raises PermissionDenied: the person lacks the permission. :raises Http404: no such drawer, or another tenant's.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    ids = staff.tenant_ids_of(request.user)
    tenant_id = Drawer.objects.filter(pk=drawer_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None or (ids is not None and tenant_id not in ids):
        raise Http404
    try:
        return queries.get_drawer(caller_of(request, tenant_id), drawer_id)
    except NotFound as error:
        raise Http404 from error


def registers_of(request: HttpRequest) -> Any:
    """Return the registers whose drawers the person may operate. :raises PermissionDenied: none."""
    if not request.user.has_perm(OPERATE):
        raise PermissionDenied
    ids = staff.tenant_ids_of(request.user)
    rows = Register.objects.select_related("store", "tenant").order_by("tenant__slug", "store__code", "code")
    return rows if ids is None else rows.filter(tenant_id__in=ids)


def is_hidden(request: HttpRequest, drawer: Drawer) -> bool:
    """Tell whether a blind count hides the figures from the person."""
    return queries.is_hidden(drawer, may_approve=staff.may(request.user, APPROVE, drawer.tenant_id))
