"""Figures of a drawer's X- or Z-report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.models import Drawer, DrawerStatus, FlowType, Method

#: Flows of the drawer's own life are not part of its expected cash, except the float.
_NOT_EXPECTED: Final = frozenset({FlowType.OVER_SHORT, FlowType.EMPTIED, FlowType.ADJUSTMENT})


@dataclass(frozen=True, slots=True)
class Flow:
    """Transactions of one type and tender: their number, and their sums in minor units."""

    type: FlowType
    method: Method
    is_late: bool
    number: int
    amount_minor: int
    cash_minor: int


@dataclass(frozen=True, slots=True)
class DrawerReport:
    """The figures of a drawer in minor units: final (Z) when it is closed, interim (X) otherwise."""

    drawer: Drawer
    flows: Sequence[Flow]

    @property
    def is_final(self) -> bool:
        return self.drawer.status == DrawerStatus.CLOSED

    def amount(self, type_: FlowType, method: Method | None = None) -> int:
        """Sum the amounts of a type, of one tender or all, without late transactions."""
        return sum(flow.amount_minor for flow in self._timely() if flow.type == type_ and method in {None, flow.method})

    def cash(self, *types: FlowType) -> int:
        """Sum the cash of these types: into the drawer positive, out of it negative."""
        return sum(flow.cash_minor for flow in self._timely() if flow.type in types)

    @property
    def net_sales(self) -> int:
        return self.amount(FlowType.SALE) - self.amount(FlowType.REFUND)

    @property
    def transactions(self) -> int:
        """The number of transactions at the till."""
        own = {*_NOT_EXPECTED, FlowType.FLOAT}
        return sum(flow.number for flow in self._timely() if flow.type not in own)

    @property
    def expected(self) -> int:
        """The expected cash: as frozen at the close, or summed up to now."""
        frozen = self.drawer.expected_cash_minor
        if frozen is not None:
            return frozen
        return sum(flow.cash_minor for flow in self._timely() if flow.type not in _NOT_EXPECTED)

    @property
    def late(self) -> int:
        """The cash that was posted after the close."""
        return sum(flow.cash_minor for flow in self.flows if flow.is_late)

    @property
    def adjusted(self) -> int:
        """The part of the late cash that is adjusted."""
        return -sum(flow.cash_minor for flow in self.flows if flow.type == FlowType.ADJUSTMENT)

    def _timely(self) -> list[Flow]:
        return [flow for flow in self.flows if not flow.is_late]
