"""USE CASES on people of the back office: who may sign in, in which role, on which tenants.

`by` is the person who asks: a superuser may manage everybody, a tenant administrator only people without other tenants;
None is the command line. Nothing here can make a superuser or grant a single permission: people get roles only.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.db import transaction

from ledgersafe.audit import trail
from ledgersafe.people import second_factor
from ledgersafe.people.checks import check_person, role_of, set_password, tenants_of
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Membership, Tenant
from ledgersafe.tenants.roles import GROUP_NAMES, Role
from ledgersafe.values.errors import DomainError, NotFound

logger = logging.getLogger(__name__)


MAX_USERNAME: Final = 150


class UsernameTaken(DomainError):
    """This user name is taken."""

    code = "USERNAME_TAKEN"
    http_status = 409


class NotYourPerson(DomainError):
    """You may not manage this person: a superuser, or someone who also works for other tenants."""

    code = "NOT_YOUR_PERSON"
    http_status = 403


class NotYourself(DomainError):
    """You cannot change your own access. To change your password, open the menu at your name."""

    code = "NOT_YOURSELF"
    http_status = 403


@dataclass(frozen=True, slots=True)
class _Access:
    """A person's access before or after a change, for the trail."""

    role: str
    active: bool
    tenant_ids: frozenset[int]

    def on(self, tenant_id: int) -> dict[str, Any]:
        """Return what one tenant may read of it: nothing of other tenants."""
        return {"role": self.role, "active": self.active, "member": tenant_id in self.tenant_ids}


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────
def may_administer(by: staff.Person) -> bool:
    """Tell whether somebody manages people at all."""
    return bool(by.is_active and (by.is_superuser or by.has_perm("tenants.administer_tenant")))


def may_manage(by: staff.Person, person: User) -> bool:
    """Tell whether somebody may manage this person, who must work for their tenants only, and not be themselves."""
    if not may_administer(by) or by.pk == person.pk:
        return False
    if by.is_superuser:
        return True
    tenant_ids = set(person.memberships.values_list("tenant_id", flat=True))
    return bool(tenant_ids) and tenant_ids <= set(staff.tenant_ids_of(by) or ()) and not person.is_superuser


# ── Use cases ───────────────────────────────────────────────────────────────────────────────────
def create_person(
    *, username: str, role: str, tenants: Collection[str], password: str, by: staff.Person | None, actor: str,
    first_name: str = "", last_name: str = "", email: str = "",
) -> User:  # fmt: skip
    """Create a person of the back office.

    :param role: a key of `roles.ROLES`. :param tenants: slugs, at least one.
    :raises ledgersafe.values.errors.InvalidParameter: name, role, tenant or password is not valid.
    :raises UsernameTaken: somebody has this name. :raises NotYourPerson: `by` manages nobody.
    """
    if by is not None and not may_administer(by):
        raise NotYourPerson
    chosen, rows = role_of(role), tenants_of(tenants, by)
    person = User(username=username, first_name=first_name, last_name=last_name, email=email, is_staff=True)
    check_person(person)
    set_password(person, password)
    with transaction.atomic(durable=True):
        # Names that differ in case alone would be taken for one another in the trail. The unique index on the exact
        # name closes the race; two spellings at the same instant are accepted.
        if User.objects.filter(username__iexact=username).exists():
            raise UsernameTaken
        person.save()
        _give(person, chosen, rows)
        _record(person, "people.person.created", None, actor)
    return person


def change_access(
    *, username: str, role: str, tenants: Collection[str], active: bool, by: staff.Person | None, actor: str
) -> User:
    """Change a person's role, tenants, or right to sign in.

    :raises NotYourPerson: like all of these.
    """
    chosen, rows = role_of(role), tenants_of(tenants, by)
    with _managed(username, by) as person:
        before = _access(person)
        person.is_active = active
        person.save(update_fields=["is_active"])
        _give(person, chosen, rows)
        if _access(person) != before:
            _record(person, "people.person.changed", before, actor)
    return person


def reset_password(*, username: str, password: str, by: staff.Person | None, actor: str) -> User:
    """Set a new password, which ends the person's sessions.

    :raises InvalidParameter: the password is too simple.
    """
    with _managed(username, by) as person:
        set_password(person, password)
        person.save(update_fields=["password"])
        _record(person, "people.password.reset", _access(person), actor)
    return person


def reset_second_factor(*, username: str, by: staff.Person | None, actor: str) -> User:
    """Switch off two-step sign-in for a person who lost phone and recovery codes."""
    with _managed(username, by) as person:
        if second_factor.remove(person):
            _record(person, "people.second_factor.reset", _access(person), actor)
    return person


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _managed(username: str, by: staff.Person | None) -> Iterator[User]:
    """Open the one transaction of a use case on a person, and lock their row.

    The lock closes the race with a membership of another tenant being added meanwhile: either this transaction sees it
    and refuses, or it is added afterwards.
    """
    with transaction.atomic(durable=True):
        person = User.objects.select_for_update().filter(username=username).first()
        if person is None:
            raise NotFound(f"There is nobody called {username[:MAX_USERNAME]!r}.")
        if by is not None and by.pk == person.pk:
            raise NotYourself
        if by is not None and not may_manage(by, person):
            raise NotYourPerson
        yield person


def _give(person: User, role: Role, tenants: list[Tenant]) -> None:
    """Set exactly this role and these tenants. Groups that are no roles stay."""
    person.groups.remove(*person.groups.filter(name__in=GROUP_NAMES))
    person.groups.add(Group.objects.get(name=role.name))
    Membership.objects.filter(user=person).exclude(tenant__in=tenants).delete()
    there = set(Membership.objects.filter(user=person).values_list("tenant_id", flat=True))
    Membership.objects.bulk_create(Membership(user=person, tenant=row) for row in tenants if row.id not in there)


def _access(person: User) -> _Access:
    return _Access(
        role=", ".join(role.name for role in staff.roles_of(person)),
        active=person.is_active,
        tenant_ids=frozenset(Membership.objects.filter(user=person).values_list("tenant_id", flat=True)),
    )


def _record(person: User, action: str, before: _Access | None, actor: str) -> None:
    """Record one entry per tenant concerned; without tenants, log a line: a trail belongs to a tenant."""
    after = _access(person)
    concerned = after.tenant_ids | (before.tenant_ids if before else frozenset())
    for tenant_id in sorted(concerned):
        trail.record(
            tenant_id=tenant_id,
            actor=actor,
            action=action,
            object_type="person",
            object_id=person.username,
            before=before.on(tenant_id) if before else None,
            after=after.on(tenant_id),
        )
    if not concerned:
        logger.warning("%s: %s by %s", action, person.username, actor)
