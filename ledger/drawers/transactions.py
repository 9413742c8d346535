"""Financial transactions: a sale, refund, payout, or cash in or out through an open drawer; one journal each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ledger.accounts.chart import AccountRef, qualified
from ledger.accounts.opening import find_or_open
from ledger.drawers import queries
from ledger.drawers.caller import Caller
from ledger.drawers.drawer_book import open_today, refused_by_guards
from ledger.drawers.requests import NewTransaction
from ledger.models import Drawer, DrawerStatus, FlowType, Method
from ledger.refusals import drawers
from ledgersafe.postgres.db import as_jsonb, call, require_transaction

#: The other side of the tender's account, by type. Debits first: what brings money in debits the tender.
_AGAINST: Final = {
    FlowType.SALE: "SALES",
    FlowType.REFUND: "RETURNS",
    FlowType.PAYOUT: "PETTY_EXPENSE",
    FlowType.CASH_IN: "SAFE",
    FlowType.CASH_OUT: "SAFE",
}
_BRINGS_IN: Final = frozenset({FlowType.SALE, FlowType.CASH_IN})


@dataclass(frozen=True, slots=True)
class RecordedTransaction:
    """A transaction that was carried out: its id, its journal, and when (RFC 3339)."""

    id: int
    journal_id: int
    created_at: str
    drawer: Drawer
    wanted: NewTransaction


def transact(*, caller: Caller, wanted: NewTransaction, now: datetime) -> RecordedTransaction:
    """Carry out one transaction; operation. The drawer's lock is shared: it cannot be closed meanwhile.

    :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's.
    :raises DrawerClosed: it is not open. :raises CurrencyMismatch: as it says. :raises DayClosed: as it says.
    :raises ExceedsOriginal: a refund above what is left of its order.
    """
    require_transaction()
    drawer = queries.get_drawer(caller, wanted.drawer_id)
    if wanted.currency not in {"", drawer.currency}:
        raise drawers.CurrencyMismatch(f"The drawer is in {drawer.currency}.")
    if drawer.status != DrawerStatus.OPEN:
        raise drawers.DrawerClosed
    debit, credit = _sides(drawer, wanted)
    with refused_by_guards():
        ids = find_or_open(drawer.tenant_id, [debit, credit])
        told = {
            "drawer": drawer.pk,
            "type": wanted.type.value,
            "method": wanted.method.value,
            "currency": drawer.currency,
            "amount": wanted.amount_minor,
            "order": wanted.order_id,
            "ref": wanted.external_reference,
            "actor": caller.actor,
            "date": open_today(drawer.tenant_id, drawer.store, now).isoformat(),
            "at": now.isoformat(),
            "debit": ids[debit],
            "credit": ids[credit],
        }
        made = call("ledger_transact_v1", drawer.tenant_id, as_jsonb(told))
    return RecordedTransaction(made["id"], made["journal"], made["at"].replace("+00:00", "Z"), drawer, wanted)


def _sides(drawer: Drawer, wanted: NewTransaction) -> tuple[AccountRef, AccountRef]:
    """(debit, credit)."""
    tender, other = _tender(drawer, wanted.method), AccountRef(_AGAINST[wanted.type], drawer.currency)
    return (tender, other) if wanted.type in _BRINGS_IN else (other, tender)


def _tender(drawer: Drawer, method: Method) -> AccountRef:
    match method:
        case Method.CASH:
            return AccountRef("DRAWER", drawer.currency, qualified(drawer.store.code, drawer.register.code))
        case Method.CARD:
            return AccountRef("CARD_CLEARING", drawer.currency)
        case Method.EXTERNAL:
            return AccountRef("EXTERNAL_CLEARING", drawer.currency)
