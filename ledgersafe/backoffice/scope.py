"""Choose the tenant whose figures a person sees; superusers may see all."""

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
    """The tenants a person may choose from, and the chosen one; None: all, or none if there are none."""

    choices: Sequence[Tenant]
    tenant: Tenant | None
    offers_all: bool

    @property
    def value(self) -> str:
        """The choice as the address has it."""
        return self.tenant.slug if self.tenant else ALL

    @property
    def tenants(self) -> Sequence[Tenant]:
        """The tenants whose figures are shown."""
        return [self.tenant] if self.tenant else self.choices

    @property
    def tenant_id(self) -> int | None:
        return self.tenant.id if self.tenant else None

    @property
    def stamp(self) -> str:
        """Return a cache key part that tells this database's tenants from those of another with the same cache."""
        created: Sequence[datetime] = [tenant.created_at for tenant in self.tenants]
        return f"{min(created).timestamp():.6f}" if created else ""


def view_of(request: HttpRequest) -> View:
    """Choose the tenant of `?tenant=` if the person may see it, else the last one viewed, else the first.

    A tenant the person does not work for is treated like an absent one; without a role, so are all.
    """
    may_look = bool(getattr(request.user, "has_perm", None) and request.user.has_perm("pos.view_rawevent"))
    choices = list(staff.visible_tenants(request.user)) if may_look else []
    offers_all = bool(getattr(request.user, "is_superuser", False)) and len(choices) != 1
    by_slug = {tenant.slug: tenant for tenant in choices}
    for slug in (request.GET.get("tenant"), request.session.get(_REMEMBERED_AS)):
        if slug in by_slug or (slug == ALL and offers_all):
            break
    else:
        slug = ALL if offers_all or not choices else choices[0].slug
    if request.GET.get("tenant") == slug and request.session.get(_REMEMBERED_AS) != slug:
        request.session[_REMEMBERED_AS] = slug
    return View(choices, by_slug.get(slug or ""), offers_all)
