"""Whose figures a person looks at: one of their tenants, or, for superusers, all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant

ALL = "all"
_REMEMBERED_AS = "dashboard_tenant"


@dataclass(frozen=True, slots=True)
class View:
    """The tenants a person may choose from, and the one chosen; None: all of them, or none when there are none."""

    choices: Sequence[Tenant]
    tenant: Tenant | None
    offers_all: bool

    @property
    def value(self) -> str:
        """As the address has it."""
        return self.tenant.slug if self.tenant else ALL

    @property
    def tenants(self) -> Sequence[Tenant]:
        """Whose figures are shown."""
        return [self.tenant] if self.tenant else self.choices

    @property
    def tenant_id(self) -> int | None:
        return self.tenant.id if self.tenant else None

    @property
    def stamp(self) -> str:
        """Tells this database's tenants from another's that uses the same cache."""
        created: Sequence[datetime] = [tenant.created_at for tenant in self.tenants]
        return f"{min(created).timestamp():.6f}" if created else ""


def view_of(request: HttpRequest) -> View:
    """What `?tenant=` asks for if this person may see it, else what they last looked at, else what is first.

    A tenant somebody does not work for is treated like one that does not exist, and so is every tenant for somebody
    without a role.
    """
    may_look = bool(getattr(request.user, "has_perm", None) and request.user.has_perm("pos.view_rawevent"))
    choices = list(staff.visible_tenants(request.user)) if may_look else []
    offers_all = bool(getattr(request.user, "is_superuser", False)) and len(choices) != 1
    by_slug = {tenant.slug: tenant for tenant in choices}
    for wanted in (request.GET.get("tenant"), request.session.get(_REMEMBERED_AS)):
        if wanted in by_slug or (wanted == ALL and offers_all):
            break
    else:
        wanted = ALL if offers_all or not choices else choices[0].slug
    if request.GET.get("tenant") == wanted and request.session.get(_REMEMBERED_AS) != wanted:
        request.session[_REMEMBERED_AS] = wanted
    return View(choices, by_slug.get(wanted or ""), offers_all)
