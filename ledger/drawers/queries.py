"""Reading drawers: a list, one, and what should be in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Sum

from ledger.balances import balances
from ledger.models import Drawer, DrawerStatus, FinancialTransaction, FlowType
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound


class Reach(Protocol):
    """Whose drawers: a tenant's, or those of the store or register a key is bound to."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def store_code(self) -> str | None: ...
    @property
    def register_code(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class DrawerFilter:
    """`GET /v1/pos/ledgers`' parameters."""

    status: str | None = None
    store_code: str | None = None
    register_code: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "DrawerFilter":
        """:raises ledgersafe.values.errors.InvalidParameter: an unknown status."""
        wanted = cls(*(parameters.get(name) or None for name in ("status", "store_id", "register_id")))
        if wanted.status is not None and wanted.status not in DrawerStatus.values:
            raise InvalidParameter(f"status must be one of {', '.join(DrawerStatus.values)}.")
        if any("\x00" in text for text in (wanted.store_code, wanted.register_code) if text):
            raise InvalidParameter("Codes must not contain NUL.")
        return wanted


def list_drawers(reach: Reach, wanted: DrawerFilter, cursor: list[Any] | None) -> QuerySet[Drawer]:
    """Drawers, newest first, from a cursor on."""
    rows = within(reach)
    named = {"status": wanted.status, "store__code": wanted.store_code, "register__code": wanted.register_code}
    rows = rows.filter(**{field: value for field, value in named.items() if value is not None})
    if cursor is not None:
        rows = rows.filter(pk__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-pk")


def get_drawer(reach: Reach, drawer_id: int) -> Drawer:
    """One drawer. :raises ledgersafe.values.errors.NotFound: absent, or none of theirs: the answer is the same."""
    drawer = within(reach).filter(pk=drawer_id).first() if 0 < drawer_id < 2**63 else None
    if drawer is None:
        raise NotFound("There is no such drawer.")
    return drawer


def expected_in(drawers: Sequence[Drawer]) -> dict[int, int]:
    """What should be in each, by id, in minor units: frozen of the closed, the account's balance of others.

    One statement for any number.
    """
    held = balances.balances_of([drawer.account_id for drawer in drawers if drawer.status != DrawerStatus.CLOSED])
    return {
        drawer.pk: held[drawer.account_id] if drawer.expected_cash_minor is None else drawer.expected_cash_minor
        for drawer in drawers
    }


def unclosed(tenant_id: int) -> QuerySet[Drawer]:
    """Drawers that take postings."""
    return Drawer.objects.filter(tenant_id=tenant_id).exclude(status=DrawerStatus.CLOSED)


def unadjusted(tenant_id: int | None = None) -> QuerySet[FinancialTransaction]:
    """Cash that was posted after its drawer was closed, and not explained yet."""
    rows = FinancialTransaction.objects.select_related("drawer").filter(is_late=True, adjusted_by=None)
    return rows if tenant_id is None else rows.filter(tenant_id=tenant_id)


def accounts_to_adjust() -> list[tuple[int, int]]:
    """(tenant, account) of drawers with cash that is not explained yet."""
    found = unadjusted().order_by("tenant_id", "drawer__account_id")
    return list(found.values_list("tenant_id", "drawer__account_id").distinct())


def net_sales(drawer: Drawer) -> int:
    """Sales less refunds through the drawer, of every tender, in minor units."""
    rows = FinancialTransaction.objects.filter(tenant_id=drawer.tenant_id, drawer=drawer, is_late=False)
    sums = rows.aggregate(
        sold=Sum("amount_minor", filter=Q(type=FlowType.SALE)),
        refunded=Sum("amount_minor", filter=Q(type=FlowType.REFUND)),
    )
    return (sums["sold"] or 0) - (sums["refunded"] or 0)


def is_hidden(drawer: Drawer, *, may_approve: bool) -> bool:
    """Whether the figures are kept from somebody who is to count the drawer blind."""
    return drawer.is_blind and drawer.status == DrawerStatus.OPEN and not may_approve


def within(reach: Reach) -> QuerySet[Drawer]:
    """The drawers somebody reaches."""
    rows = Drawer.objects.select_related("tenant", "store", "register__store").filter(tenant_id=reach.tenant_id)
    if reach.store_code is not None:
        rows = rows.filter(store__code=reach.store_code)
    if reach.register_code is not None:
        rows = rows.filter(register__code=reach.register_code)
    return rows
