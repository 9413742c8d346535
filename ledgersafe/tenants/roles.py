"""The five roles of people, each a Django group. On whose books they act is a membership (`staff`).

The table below is the only source. A migration creates the groups; after every `migrate` they get exactly these
permissions again, so that new models' view permissions are included and permissions granted by hand are removed.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

#: View permissions, as patterns.
_WORK: Final = ("pos.view_*", "exceptions.view_*")
_BOOKS: Final = ("ledger.view_*", "recon.view_*", "idempotency.view_*")
_PLACES: Final = ("tenants.view_tenant", "tenants.view_store", "tenants.view_register")
_TRAIL: Final = ("audit.view_*",)
_EVERYTHING: Final = (*_WORK, *_BOOKS, *_TRAIL, "tenants.view_*", "django_celery_beat.view_*")
_DECIDE: Final = ("exceptions.assign_exceptioncase", "exceptions.decide_exceptioncase")
_SUPERVISE: Final = (
    "exceptions.bulk_decide_exceptioncase",
    "exceptions.approve_exceptioncase",
    "recon.reopen_period",
    "pos.explain_devicegap",
)
_CLOSE: Final = "recon.close_period"
_QUOTE: Final = "ledger.quote_fxrate"
_DRAWERS: Final = "ledger.operate_drawer"
_APPROVE_DRAWERS: Final = (_DRAWERS, "ledger.approve_drawer")
_ADMINISTER: Final = ("tenants.administer_tenant", "auth.view_user", "auth.view_group")

#: Scopes on the API. People have no scopes of tills (`events:write`, `pos:write`).
_READS: Final = frozenset({"events:read", "exceptions:read", "ledger:read", "pos:read", "recon:read"})
_QUEUE: Final = frozenset({"events:read", "exceptions:read", "exceptions:resolve", "ledger:read", "pos:read"})


#: Permissions in words; a test compares them with the existing permissions.
SEES: Final = (
    ("exceptions.view_exceptioncase", "held events"),
    ("ledger.view_journal", "the books"),
    ("audit.view_auditentry", "the audit log"),
    ("tenants.view_apikey", "the set-up"),
)
DOES: Final = (
    ("exceptions.assign_exceptioncase", "assigns held events"),
    ("exceptions.decide_exceptioncase", "decides held events"),
    ("exceptions.bulk_decide_exceptioncase", "decides many at once"),
    ("exceptions.approve_exceptioncase", "confirms decisions above the limit"),
    ("ledger.operate_drawer", "opens, counts and closes drawers"),
    ("ledger.approve_drawer", "approves drawers above the limit"),
    ("ledger.quote_fxrate", "records FX rates"),
    ("recon.close_period", "closes business days"),
    ("recon.reopen_period", "reopens business days"),
    ("pos.explain_devicegap", "explains gaps of devices"),
    ("tenants.administer_tenant", "changes settings, stores, registers, API keys and who belongs to the tenant"),
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its group's name, its permissions (patterns) and its scopes on the API."""

    name: str
    permissions: tuple[str, ...]
    scopes: frozenset[str]

    def has(self, permission: str) -> bool:
        """Tell whether the role has a permission (`app.codename`)."""
        return any(fnmatchcase(permission, pattern) for pattern in self.permissions)

    @property
    def purpose(self) -> str:
        """Describe the role's permissions in one sentence."""
        sees = [words for permission, words in SEES if self.has(permission)]
        does = [words for permission, words in DOES if self.has(permission)]
        return "; ".join([f"Sees {', '.join(sees[:-1])} and {sees[-1]}", *(does or ["changes nothing"])]) + "."


ROLES: Final[dict[str, Role]] = {
    "operator": Role("Operator", (*_WORK, *_BOOKS, *_PLACES, *_DECIDE, _DRAWERS), _QUEUE),
    "supervisor": Role("Supervisor", (*_WORK, *_BOOKS, *_PLACES, *_DECIDE, *_SUPERVISE, *_APPROVE_DRAWERS), _QUEUE),
    "accountant": Role("Accountant", (*_WORK, *_BOOKS, *_PLACES, *_TRAIL, _CLOSE, _QUOTE, *_APPROVE_DRAWERS), _READS),
    "auditor": Role("Auditor", _EVERYTHING, _READS),
    "tenant_administrator": Role("Tenant administrator", (*_EVERYTHING, *_ADMINISTER), _READS),
}
GROUP_NAMES: Final = tuple(role.name for role in ROLES.values())
_BY_GROUP: Final = {role.name: role for role in ROLES.values()}


def of_group(name: str) -> Role | None:
    """Return the role of a Django group; None if it is none of ours."""
    return _BY_GROUP.get(name)


def names_with(permission: str) -> list[str]:
    """List the roles that have a permission (`app.codename`), by name."""
    return [role.name for role in ROLES.values() if role.has(permission)]


def set_permissions() -> None:
    """Reset every role's group to the permissions of the table; by the owner, after every `migrate`; idempotent."""
    if Group._meta.db_table not in connection.introspection.table_names():
        return  # `migrate` ran for some apps only
    permissions = [(f"{p.content_type.app_label}.{p.codename}", p) for p in _permissions()]
    with transaction.atomic():
        for role in ROLES.values():
            group, _ = Group.objects.get_or_create(name=role.name)
            group.permissions.set(p for name, p in permissions if role.has(name))


def _permissions() -> list[Permission]:
    return list(Permission.objects.select_related("content_type"))
