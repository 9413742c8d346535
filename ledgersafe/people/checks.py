"""Check a person's names, role, tenants and password."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.roles import ROLES, Role
from ledgersafe.values.errors import InvalidParameter


def role_of(key: str) -> Role:
    """Return a role by its key.

    :raises InvalidParameter: there is no such role.
    """
    if key not in ROLES:
        raise InvalidParameter(f"{key!r} is not a role; choose from {', '.join(ROLES)}.", field="role")
    return ROLES[key]


def tenants_of(slugs: Collection[str], by: staff.Person | None) -> list[Tenant]:
    """Return tenants by slug, among those that `by` may see; None: all.

    :raises InvalidParameter: no slug, or an unknown one.
    """
    allowed = Tenant.objects.order_by("slug") if by is None else staff.visible_tenants(by)
    rows = list(allowed.filter(slug__in=slugs))
    unknown = sorted(set(slugs) - {row.slug for row in rows})
    if unknown:
        known = ", ".join(allowed.values_list("slug", flat=True)[:10]) or "none yet"
        raise InvalidParameter(f"There is no tenant {', '.join(unknown)} (known: {known}).", field="tenants")
    if not rows:
        raise InvalidParameter("Name at least one tenant.", field="tenants")
    return rows


def check_person(person: User) -> None:
    """Check names and e-mail by Django's own rules.

    :raises InvalidParameter: one is not valid.
    """
    for name in ("username", "first_name", "last_name"):
        try:
            field: Any = User._meta.get_field(name)
            field.clean(getattr(person, name), person)
        except ValidationError as error:
            raise InvalidParameter(" ".join(error.messages), field=name) from None
    try:
        if person.email:
            validate_email(person.email)
    except ValidationError as error:
        raise InvalidParameter(" ".join(error.messages), field="email") from None


def set_password(person: User, password: str) -> None:
    """Set a password that meets the rules; the row is not saved.

    :raises InvalidParameter: it is too simple.
    """
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidParameter(" ".join(error.messages), field="password") from None
    person.set_password(password)
