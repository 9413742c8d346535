"""Record a sale, refund, payout, cash in or cash out through an open drawer; one journal each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ledger.accounts import AccountRef, find_or_open, qualified
from ledger.drawers import queries
from ledger.drawers.caller import Caller
from ledger.drawers.drawer_book import open_today, refused_by_guards
from ledger.drawers.requests import NewTransaction
from ledger.models import Drawer, DrawerStatus, FlowType, Method
from ledger.refusals import drawers
from ledgersafe.postgres.db import as_jsonb, call, require_transaction

#: The account role opposite the tender, by type. A type that brings money in debits the tender.
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
    """A recorded transaction: its id, its journal, its instant (RFC 3339), its drawer and its request."""

    id: int
    journal_id: int
    created_at: str
    drawer: Drawer
    request: NewTransaction


def transact(*, caller: Caller, request: NewTransaction, now: datetime) -> RecordedTransaction:
    """Record one transaction; operation. Shares the drawer's lock, so that it cannot be closed meanwhile.

    :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's.
    :raises DrawerClosed: the drawer is not open. :raises DayClosed: the business day is closed.
    :raises CurrencyMismatch: the request names another currency than the drawer's.
    :raises ExceedsOriginal: a refund above the remainder of its order.
    """
    require_transaction()
    drawer = queries.get_drawer(caller, request.drawer_id)
    if request.currency not in {"", drawer.currency}:
        raise drawers.CurrencyMismatch(f"The drawer is in {drawer.currency}.")
    if drawer.status != DrawerStatus.OPEN:
        raise drawers.DrawerClosed
    debit, credit = _sides(drawer, request)
    with refused_by_guards():
        ids = find_or_open(drawer.tenant_id, [debit, credit])
        arguments = {
            "drawer": drawer.pk,
            "type": request.type.value,
            "method": request.method.value,
            "currency": drawer.currency,
            "amount": request.amount_minor,
            "order": request.order_id,
            "ref": request.external_reference,
            "actor": caller.actor,
            "date": open_today(drawer.tenant_id, drawer.store, now).isoformat(),
            "at": now.isoformat(),
            "debit": ids[debit],
            "credit": ids[credit],
        }
        row = call("ledger_transact_v1", drawer.tenant_id, as_jsonb(arguments))
    return RecordedTransaction(row["id"], row["journal"], row["at"].replace("+00:00", "Z"), drawer, request)


def _sides(drawer: Drawer, request: NewTransaction) -> tuple[AccountRef, AccountRef]:
    """Return the accounts to debit and to credit."""
    tender, other = _tender(drawer, request.method), AccountRef(_AGAINST[request.type], drawer.currency)
    return (tender, other) if request.type in _BRINGS_IN else (other, tender)


def _tender(drawer: Drawer, method: Method) -> AccountRef:
    match method:
        case Method.CASH:
            return AccountRef("DRAWER", drawer.currency, qualified(drawer.store.code, drawer.register.code))
        case Method.CARD:
            return AccountRef("CARD_CLEARING", drawer.currency)
        case Method.EXTERNAL:
            return AccountRef("EXTERNAL_CLEARING", drawer.currency)
