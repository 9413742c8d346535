"""Read drawers: a list, one drawer, and the expected cash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Sum

from ledger.balances import balances
from ledger.models import Drawer, DrawerStatus, FinancialTransaction, FlowType
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound


class Reach(Protocol):
    """The drawers that a caller may see: the tenant's, or those of the store or register a key is bound to."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def store_code(self) -> str | None: ...
    @property
    def register_code(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class DrawerFilter:
    """Filters of `GET /v1/pos/ledgers`; None does not filter."""

    status: str | None = None
    store_code: str | None = None
    register_code: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "DrawerFilter":
        """Read the query parameters. :raises ledgersafe.values.errors.InvalidParameter: an unknown status, or NUL."""
        filters = cls(*(parameters.get(name) or None for name in ("status", "store_id", "register_id")))
        if filters.status is not None and filters.status not in DrawerStatus.values:
            raise InvalidParameter(f"status must be one of {', '.join(DrawerStatus.values)}.")
        if any("\x00" in text for text in (filters.store_code, filters.register_code) if text):
            raise InvalidParameter("Codes must not contain NUL.")
        return filters


def list_drawers(reach: Reach, filters: DrawerFilter, cursor: list[Any] | None) -> QuerySet[Drawer]:
    """List drawers, newest first, after the cursor."""
    rows = within(reach)
    conditions = {"status": filters.status, "store__code": filters.store_code, "register__code": filters.register_code}
    rows = rows.filter(**{field: value for field, value in conditions.items() if value is not None})
    if cursor is not None:
        rows = rows.filter(pk__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-pk")


def get_drawer(reach: Reach, drawer_id: int) -> Drawer:
    """Return one drawer.

    :raises ledgersafe.values.errors.NotFound: it does not exist, or the caller may not see it: the same answer.
    """
    drawer = within(reach).filter(pk=drawer_id).first() if 0 < drawer_id < 2**63 else None
    if drawer is None:
        raise NotFound("There is no such drawer.")
    return drawer


def expected_in(drawers: Sequence[Drawer]) -> dict[int, int]:
    """Return the expected cash by drawer id, in minor units. One statement for any number.

    A closed drawer has the figure that was frozen at its close; any other the balance of its account.
    """
    balances_by_account = balances.balances_of(
        [drawer.account_id for drawer in drawers if drawer.status != DrawerStatus.CLOSED]
    )
    return {
        drawer.pk: balances_by_account[drawer.account_id]
        if drawer.expected_cash_minor is None
        else drawer.expected_cash_minor
        for drawer in drawers
    }


def unclosed(tenant_id: int) -> QuerySet[Drawer]:
    """Return the drawers that are not closed: they take postings."""
    return Drawer.objects.filter(tenant_id=tenant_id).exclude(status=DrawerStatus.CLOSED)


def unadjusted(tenant_id: int | None = None) -> QuerySet[FinancialTransaction]:
    """Return late flows without an adjustment: cash that was posted after its drawer was closed."""
    rows = FinancialTransaction.objects.select_related("drawer").filter(is_late=True, adjusted_by=None)
    return rows if tenant_id is None else rows.filter(tenant_id=tenant_id)


def accounts_to_adjust() -> list[tuple[int, int]]:
    """Return (tenant id, account id) of the drawers with unadjusted late cash."""
    rows = unadjusted().order_by("tenant_id", "drawer__account_id")
    return list(rows.values_list("tenant_id", "drawer__account_id").distinct())


def net_sales(drawer: Drawer) -> int:
    """Return sales less refunds through the drawer, over all tenders, in minor units."""
    rows = FinancialTransaction.objects.filter(tenant_id=drawer.tenant_id, drawer=drawer, is_late=False)
    sums = rows.aggregate(
        sold=Sum("amount_minor", filter=Q(type=FlowType.SALE)),
        refunded=Sum("amount_minor", filter=Q(type=FlowType.REFUND)),
    )
    return (sums["sold"] or 0) - (sums["refunded"] or 0)


def is_hidden(drawer: Drawer, *, may_approve: bool) -> bool:
    """Tell whether the figures are hidden from a person who counts the drawer blind."""
    return drawer.is_blind and drawer.status == DrawerStatus.OPEN and not may_approve


def within(reach: Reach) -> QuerySet[Drawer]:
    """Return the drawers that a caller may see."""
    rows = Drawer.objects.select_related("tenant", "store", "register__store").filter(tenant_id=reach.tenant_id)
    if reach.store_code is not None:
        rows = rows.filter(store__code=reach.store_code)
    if reach.register_code is not None:
        rows = rows.filter(register__code=reach.register_code)
    return rows
