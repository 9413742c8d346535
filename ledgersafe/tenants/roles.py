"""What people may do: five roles, each a Django group. Whose books they do it on is a membership (`staff`).

The table below is the only place that says it. A migration creates the groups; after every `migrate` they are given
exactly these permissions again, so that what a new model can be viewed by arrives by itself and what was granted by
hand goes.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

#: What there is to see, as patterns of permissions.
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

#: Scopes on the API. Tills' scopes (`events:write`, `pos:write`) are for keys alone.
_READS: Final = frozenset({"events:read", "exceptions:read", "ledger:read", "pos:read", "recon:read"})
_QUEUE: Final = frozenset({"events:read", "exceptions:read", "exceptions:resolve", "ledger:read", "pos:read"})


@dataclass(frozen=True, slots=True)
class Role:
    """One role: its group's name, what it is for, its permissions (patterns) and its scopes on the API."""

    name: str
    purpose: str
    permissions: tuple[str, ...]
    scopes: frozenset[str]


ROLES: Final[dict[str, Role]] = {
    "operator": Role(
        "Operator",
        "Works the queue: compares held events, takes them on, decides them. Opens, counts and closes drawers.",
        (*_WORK, *_BOOKS, *_PLACES, *_DECIDE, _DRAWERS),
        _QUEUE,
    ),
    "supervisor": Role(
        "Supervisor",
        "An operator who may also decide in bulk, confirm above the limits, reopen days and explain gaps of devices.",
        (*_WORK, *_BOOKS, *_PLACES, *_DECIDE, *_SUPERVISE, *_APPROVE_DRAWERS),
        _QUEUE,
    ),
    "accountant": Role(
        "Accountant",
        "Reads books, queue and audit log, records FX rates, closes business days, and approves drawers.",
        (*_WORK, *_BOOKS, *_PLACES, *_TRAIL, _CLOSE, _QUOTE, *_APPROVE_DRAWERS),
        _READS,
    ),
    "auditor": Role("Auditor", "Reads everything, changes nothing.", _EVERYTHING, _READS),
    "tenant_administrator": Role(
        "Tenant administrator",
        "Sets up stores, registers and API keys, and says who belongs to the tenant.",
        (*_EVERYTHING, *_ADMINISTER),
        _READS,
    ),
}
GROUP_NAMES: Final = tuple(role.name for role in ROLES.values())
_BY_GROUP: Final = {role.name: role for role in ROLES.values()}


def of_group(name: str) -> Role | None:
    """The role a group stands for; None when it is none of ours."""
    return _BY_GROUP.get(name)


def names_with(permission: str) -> list[str]:
    """The roles that have a permission (`app.codename`), by name."""
    return [role.name for role in ROLES.values() if any(fnmatchcase(permission, q) for q in role.permissions)]


def set_permissions() -> None:
    """Give every role's group exactly the permissions of the table; after every `migrate`, by the owner; idempotent."""
    if Group._meta.db_table not in connection.introspection.table_names():
        return  # `migrate` was asked for less than all apps
    permissions = [(f"{p.content_type.app_label}.{p.codename}", p) for p in _permissions()]
    with transaction.atomic():
        for role in ROLES.values():
            group, _ = Group.objects.get_or_create(name=role.name)
            group.permissions.set(p for name, p in permissions if any(fnmatchcase(name, q) for q in role.permissions))


def _permissions() -> list[Permission]:
    return list(Permission.objects.select_related("content_type"))
