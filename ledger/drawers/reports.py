"""X- and Z-reports: what went through a drawer, added up in the one statement that reads the drawer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from ledger.drawers import queries
from ledger.drawers.queries import Reach
from ledger.models import Drawer, DrawerStatus, FlowType, Method
from ledger.refusals import drawers
from ledgersafe.values.errors import NotFound

#: One range of an index, whatever else the register has sold. Sums are integers of minor units, and JSON keeps them so.
_FLOWS: Final = """(
    SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM (
        SELECT t.type, t.method, t.is_late, count(*) AS number, sum(t.amount_minor) AS amount, sum(t.cash_minor) AS cash
        FROM financial_transactions t
        WHERE t.tenant_id = pos_ledgers.tenant_id AND t.drawer_id = pos_ledgers.id
        GROUP BY t.type, t.method, t.is_late) f
)"""
#: What a drawer's own life moved is no part of what is expected in it, its float aside.
_NOT_EXPECTED: Final = frozenset({FlowType.OVER_SHORT, FlowType.EMPTIED, FlowType.ADJUSTMENT})


@dataclass(frozen=True, slots=True)
class Flow:
    """Transactions of one type and tender: how many, and their sums in minor units."""

    type: FlowType
    method: Method
    is_late: bool
    number: int
    amount_minor: int
    cash_minor: int


@dataclass(frozen=True, slots=True)
class DrawerReport:
    """A drawer's figures: final (Z) of a closed one, interim (X) of any other. All in minor units."""

    drawer: Drawer
    flows: Sequence[Flow]

    @property
    def is_final(self) -> bool:
        return self.drawer.status == DrawerStatus.CLOSED

    def amount(self, type_: FlowType, method: Method | None = None) -> int:
        """Of all transactions of a type, of one tender or all; late ones are told apart."""
        return sum(flow.amount_minor for flow in self._timely() if flow.type == type_ and method in {None, flow.method})

    def cash(self, *types: FlowType) -> int:
        """What these types brought into the drawer, less what they took."""
        return sum(flow.cash_minor for flow in self._timely() if flow.type in types)

    @property
    def net_sales(self) -> int:
        return self.amount(FlowType.SALE) - self.amount(FlowType.REFUND)

    @property
    def transactions(self) -> int:
        """How many there were at the till."""
        own = {*_NOT_EXPECTED, FlowType.FLOAT}
        return sum(flow.number for flow in self._timely() if flow.type not in own)

    @property
    def expected(self) -> int:
        """Frozen, or added up so far."""
        frozen = self.drawer.expected_cash_minor
        if frozen is not None:
            return frozen
        return sum(flow.cash_minor for flow in self._timely() if flow.type not in _NOT_EXPECTED)

    @property
    def late(self) -> int:
        """Cash posted after the close."""
        return sum(flow.cash_minor for flow in self.flows if flow.is_late)

    @property
    def adjusted(self) -> int:
        """How much of it is explained."""
        return -sum(flow.cash_minor for flow in self.flows if flow.type == FlowType.ADJUSTMENT)

    def _timely(self) -> list[Flow]:
        return [flow for flow in self.flows if not flow.is_late]


def z_report(reach: Reach, drawer_id: int) -> DrawerReport:
    """The final figures. :raises ledgersafe.values.errors.NotFound: as `get_drawer`.

    :raises NotClosedYet: as it says.
    """
    report = read_report(reach, drawer_id)
    if not report.is_final:
        raise drawers.NotClosedYet
    return report


def x_report(reach: Reach, drawer_id: int, *, may_approve: bool) -> DrawerReport:
    """The figures so far. :raises DrawerClosed: as it says. :raises BlindCount: not for who is to count it blind."""
    report = read_report(reach, drawer_id)
    if report.is_final:
        raise drawers.DrawerClosed("The drawer is closed: it has a Z-report.")
    if queries.is_hidden(report.drawer, may_approve=may_approve):
        raise drawers.BlindCount
    return report


def read_report(reach: Reach, drawer_id: int) -> DrawerReport:
    """One statement. :raises ledgersafe.values.errors.NotFound: absent, or none of theirs."""
    if not 0 < drawer_id < 2**63:
        raise NotFound("There is no such drawer.")
    rows = queries.within(reach).annotate(flows=RawSQL(_FLOWS, [], JSONField()))  # noqa: S611  a constant
    # A register's store is its drawer's: to join it once more would take longer to plan than the sums take.
    related = rows.select_related(None).select_related("tenant", "store", "register")
    drawer: Any = next(iter(related.filter(pk=drawer_id)), None)
    if drawer is None:
        raise NotFound("There is no such drawer.")
    drawer.register.store = drawer.store
    return DrawerReport(drawer, _flows(drawer.flows))


def _flows(found: Collection[dict[str, Any]]) -> list[Flow]:
    return sorted(
        (
            Flow(
                FlowType(row["type"]), Method(row["method"]), row["is_late"], row["number"], row["amount"], row["cash"]
            )
            for row in found
        ),
        key=lambda flow: (flow.is_late, flow.type, flow.method),
    )
