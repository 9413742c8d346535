"""People of the back office: which tenants they belong to, and what they may do there.

Django permissions, through the groups of `roles`, say what a person may do; memberships say for which tenants.
Superusers need neither. Interfaces ask this module; use cases do not.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db.models import QuerySet

from ledgersafe.tenants import roles
from ledgersafe.tenants.models import SCOPES, Membership, Tenant
from ledgersafe.tenants.principals import Principal
from ledgersafe.values.errors import DomainError, NotFound

#: A user of django.contrib.auth, as in `request.user`.
Person: TypeAlias = Any


def tenant_ids_of(person: Person) -> list[int] | None:
    """List the ids of the tenants a person works for; None: all tenants. One statement, cached on the person."""
    if person.is_superuser:
        return None
    remembered: list[int] | None = getattr(person, "_tenant_ids", None)
    if remembered is None:
        rows = Membership.objects.filter(user_id=person.pk).order_by("tenant_id")
        remembered = person._tenant_ids = list(rows.values_list("tenant_id", flat=True))
    return remembered


def visible_tenants(person: Person) -> QuerySet[Tenant]:
    """Query the tenants a person works for."""
    ids = tenant_ids_of(person)
    rows = Tenant.objects.order_by("slug")
    return rows if ids is None else rows.filter(id__in=ids)


def may(person: Person, permission: str, tenant_id: int) -> bool:
    """Tell whether a person has a permission (`app.codename`) and works for the tenant."""
    ids = tenant_ids_of(person)
    return bool(person.is_active and person.has_perm(permission) and (ids is None or tenant_id in ids))


def actor_of(person: Person) -> str:
    """Name a person for the audit trail."""
    return f"user:{person.get_username()}"[:200]


def roles_of(person: Person) -> list[roles.Role]:
    """List the roles of a person, from their groups."""
    names = person.groups.order_by("name").values_list("name", flat=True)
    return [role for role in map(roles.of_group, names) if role is not None]


# ── Staff on the API ────────────────────────────────────────────────────────────────────────────
class TenantNotNamed(DomainError):
    """You work for several tenants: name one, with the header «X-Tenant: <slug>» or the parameter «tenant»."""

    code = "TENANT_REQUIRED"


@dataclass(frozen=True, slots=True)
class StaffPrincipal(Principal):
    """A person signed in to the back office, on one of their tenants, within their roles."""

    person: Person

    @property
    def actor(self) -> str:
        return actor_of(self.person)

    @property
    def identity(self) -> str:
        return f"user:{self.person.pk}"

    @property
    def may_approve(self) -> bool:
        return bool(self.person.has_perm("exceptions.approve_exceptioncase"))


def principal_of(person: Person, slug: str | None) -> StaffPrincipal:
    """Return a person as principal of the tenant they named, or of their only one.

    :raises TenantNotNamed: they work for several tenants, and named none.
    :raises ledgersafe.values.errors.NotFound: no such tenant, or none of theirs: the answer is the same.
    """
    tenants = visible_tenants(person)
    rows = list(tenants.filter(slug=slug) if slug else tenants[:2]) if (slug or "").isprintable() else []
    if len(rows) > 1:
        raise TenantNotNamed
    if not rows:
        raise NotFound(f"There is no tenant {slug[:64]!r} here." if slug else "You work for no tenant yet.")
    return StaffPrincipal(
        tenant_id=rows[0].id,
        tenant_slug=rows[0].slug,
        scopes=scopes_of(person),
        store_code=None,
        register_code=None,
        person=person,
    )


def scopes_of(person: Person) -> frozenset[str]:
    """Return the API scopes of a person's roles."""
    if person.is_superuser:
        return frozenset(SCOPES)
    return frozenset().union(*(role.scopes for role in roles_of(person)))
