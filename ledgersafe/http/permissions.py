"""Check the caller's rights: a view declares scope, permission and reach; a refusal names what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ledgersafe.tenants import roles, staff
from ledgersafe.tenants.models import TENANT_SCOPES
from ledgersafe.tenants.principals import Principal
from ledgersafe.tenants.staff import StaffPrincipal
from ledgersafe.values.errors import DomainError

if TYPE_CHECKING:
    from rest_framework.views import APIView  # imports this module itself, by way of the settings


class Reach(StrEnum):
    """The smallest place a key may be bound to and still call a view.

    A view with `STORE` or `REGISTER` restricts its own reads and changes to the caller's place.
    """

    TENANT = "tenant"
    STORE = "store"
    REGISTER = "register"


class RightsMissing(DomainError):
    """The API key, or your role, does not have the rights this needs."""

    code = "PERMISSION_DENIED"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Needs:
    """The rights a method of a view needs. People need `permission` if it is set, else `scope` through their roles."""

    scope: str
    reach: Reach
    permission: str | None


class HasScope(BasePermission):
    """Checks the `scope`, `permission` (for people) and `reach` a view declares, for all methods or by method.

    The defaults are safe: the scope `admin`, and the whole tenant.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the caller is known (else 401).

        :raises RightsMissing: known, but without the rights.
        """
        principal, method = request.user, request.method or ""
        if not isinstance(principal, Principal):
            return False
        if method == "OPTIONS" or not hasattr(view, method.lower()):
            return True  # a description of the endpoint, or 405: neither has anything of the tenant in it
        refuse_without(principal, needs_of(view, method))
        return True


def needs_of(view: "APIView | type[APIView]", method: str) -> Needs:
    """Return the rights that a method of a view needs."""
    scope = _declared(view, "scope", method) or "admin"
    reach = Reach.TENANT if scope in TENANT_SCOPES else Reach(getattr(view, "reach", Reach.TENANT))
    return Needs(scope, reach, _declared(view, "permission", method))


def refuse_without(principal: Principal, needs: Needs) -> None:
    """Refuse a caller without these rights.

    :raises RightsMissing: scope, permission or reach is missing.
    """
    if isinstance(principal, StaffPrincipal):
        detail = _refusal_of_person(principal, needs)
    else:
        detail = _refusal_of_key(principal, needs)
    if detail:
        raise RightsMissing(detail, required_scope=needs.scope, granted=sorted(principal.scopes))


def _refusal_of_key(principal: Principal, needs: Needs) -> str:
    if _is_beyond(principal, needs.reach):
        return (
            f"This needs the scope {needs.scope} and is the whole {_WHOLE[needs.reach]}: "
            f"the key is bound to {principal.place} and reaches nothing beyond it."
        )
    if not principal.holds(needs.scope):
        return f"This needs the scope {needs.scope}; the key has {_listed(principal.scopes)}."
    return ""


def _refusal_of_person(principal: StaffPrincipal, needs: Needs) -> str:
    if needs.permission is None:
        lacks = not principal.holds(needs.scope)
        what, has = f"the scope {needs.scope}", _listed(principal.scopes)
    else:
        lacks = not principal.person.has_perm(needs.permission)
        what, has = f"the role {' or '.join(roles.names_with(needs.permission))}", ""
    if not lacks:
        return ""
    own = [role.name for role in staff.roles_of(principal.person)]
    return f"This needs {what}; your role is {' and '.join(own) or 'none'}{f', with {has}' if has and own else ''}."


#: Words for a reach beyond the caller's place.
_WHOLE: Final = {Reach.TENANT: "tenant's", Reach.STORE: "store's"}


def _is_beyond(principal: Principal, reach: Reach) -> bool:
    if reach is Reach.TENANT:
        return principal.is_bound
    return reach is Reach.STORE and principal.register_code is not None


def _declared(view: "APIView | type[APIView]", name: str, method: str) -> str | None:
    """Return the declaration for this method. HEAD counts as GET."""
    declared: Any = getattr(view, name, None)
    return declared.get("GET" if method == "HEAD" else method) if isinstance(declared, Mapping) else declared


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes)) or "none"
