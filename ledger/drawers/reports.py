"""X- and Z-reports: the flows through a drawer, summed in the same statement that reads the drawer."""

from collections.abc import Collection
from typing import Any, Final

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from ledger.drawers import queries
from ledger.drawers.drawer_report import DrawerReport, Flow
from ledger.drawers.queries import Reach
from ledger.models import FlowType, Method
from ledger.refusals import drawers
from ledgersafe.values.errors import NotFound

#: One index range, however much the register has sold before. Sums are integers of minor units, which JSON preserves.
_FLOWS: Final = """(
    SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM (
        SELECT t.type, t.method, t.is_late, count(*) AS number, sum(t.amount_minor) AS amount, sum(t.cash_minor) AS cash
        FROM financial_transactions t
        WHERE t.tenant_id = pos_ledgers.tenant_id AND t.drawer_id = pos_ledgers.id
        GROUP BY t.type, t.method, t.is_late) f
)"""


def z_report(reach: Reach, drawer_id: int) -> DrawerReport:
    """Return the final figures of a closed drawer.

    :raises ledgersafe.values.errors.NotFound: as `get_drawer`. :raises NotClosedYet: the drawer is not closed.
    """
    report = read_report(reach, drawer_id)
    if not report.is_final:
        raise drawers.NotClosedYet
    return report


def x_report(reach: Reach, drawer_id: int, *, may_approve: bool) -> DrawerReport:
    """Return the figures up to now.

    :raises ledgersafe.values.errors.NotFound: as `get_drawer`. :raises DrawerClosed: the drawer is closed.
    :raises BlindCount: the caller counts the drawer blind.
    """
    report = read_report(reach, drawer_id)
    if report.is_final:
        raise drawers.DrawerClosed("The drawer is closed: it has a Z-report.")
    if queries.is_hidden(report.drawer, may_approve=may_approve):
        raise drawers.BlindCount
    return report


def read_report(reach: Reach, drawer_id: int) -> DrawerReport:
    """Read a drawer with its flows. One statement. :raises ledgersafe.values.errors.NotFound: as `get_drawer`."""
    if not 0 < drawer_id < 2**63:
        raise NotFound("There is no such drawer.")
    rows = queries.within(reach).annotate(flows=RawSQL(_FLOWS, [], JSONField()))  # noqa: S611  a constant
    # The register's store is the drawer's: joining it again would take longer to plan than the sums take to compute.
    related = rows.select_related(None).select_related("tenant", "store", "register")
    drawer: Any = next(iter(related.filter(pk=drawer_id)), None)
    if drawer is None:
        raise NotFound("There is no such drawer.")
    drawer.register.store = drawer.store
    return DrawerReport(drawer, _flows(drawer.flows))


def _flows(rows: Collection[dict[str, Any]]) -> list[Flow]:
    return sorted(
        (
            Flow(
                FlowType(row["type"]), Method(row["method"]), row["is_late"], row["number"], row["amount"], row["cash"]
            )
            for row in rows
        ),
        key=lambda flow: (flow.is_late, flow.type, flow.method),
    )
