"""Posting rules of cash moves: paid in, paid out, dropped into the safe; and the drawer opened without a sale. Pure.

Source: the posting-rules page of the design.
"""

from typing import Final

from ledger.accounts import AccountRef, account_of
from ledger.fx import NO_RATES, Rates
from ledger.journals import JournalDraft
from pos.contract import Event, Hold
from pos.references import extras_of
from pos.rules.sale import drawer_of, mismatch, negative_amounts

#: Where money goes that is paid out of a drawer, by the event's `reason`; anything else is a petty expense.
_PAID_OUT_TO: Final = {
    "TIPS": "TIPS_PAYABLE",
    "TIP": "TIPS_PAYABLE",
    "SAFE": "SAFE",
    "BANK": "CASH_IN_TRANSIT",
}
#: Where money comes from that is paid into a drawer; an unknown reason is booked to Suspense, to be cleared.
_PAID_IN_FROM: Final = {
    "": "SAFE",
    "SAFE": "SAFE",
    "FLOAT": "SAFE",
    "CHANGE": "SAFE",
    "PETTY": "PETTY_EXPENSE",
}
#: Since rules 2: payments by customers, of their account or in advance.
_PAID_IN_BY_CUSTOMERS: Final = {
    "HOUSE_ACCOUNT": "HOUSE_ACCOUNTS",
    "DEPOSIT": "CUSTOMER_DEPOSITS",
}
_PAID_IN_SINCE_2: Final = _PAID_IN_FROM | _PAID_IN_BY_CUSTOMERS


# Every rule takes rates, so that one table holds them all; cash of the drawer's own currency needs none.
def draft_paid_in(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a PAID_IN: into the drawer, from the account its reason names."""
    return _cash_move(event, drawer_of(event), _account_by_reason(event, _PAID_IN_SINCE_2, "SUSPENSE"))


def draft_paid_in_v1(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a PAID_IN by rules 1, which knew no payments by customers."""
    return _cash_move(event, drawer_of(event), _account_by_reason(event, _PAID_IN_FROM, "SUSPENSE"))


def draft_paid_out(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a PAID_OUT or PAYOUT: out of the drawer, to the account its reason names."""
    return _cash_move(event, _account_by_reason(event, _PAID_OUT_TO, "PETTY_EXPENSE"), drawer_of(event))


def draft_cash_drop(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a CASH_DROP: out of the drawer, into the safe."""
    return _cash_move(event, account_of("SAFE", event.currency), drawer_of(event))


def draft_no_sale(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a NO_SALE: a journal without lines. The drawer was opened and nothing moved; the audit log keeps it."""
    negative = negative_amounts(event)
    if negative is not None:
        return negative
    amounts = [line.amount_minor for line in event.lines]
    if event.total_minor or event.tenders or sum(amounts) + extras_of(event) or any(amounts):
        return Hold("TOTALS_MISMATCH", "A NO_SALE moves no money but names an amount.")
    return JournalDraft("NO_SALE", ())


def _account_by_reason(event: Event, roles: dict[str, str], otherwise: str) -> AccountRef:
    return account_of(roles.get(event.reason.strip().upper(), otherwise), event.currency)


def _cash_move(event: Event, debit: AccountRef, credit: AccountRef) -> JournalDraft | Hold:
    amount = _cash_amount(event)
    if isinstance(amount, Hold):
        return amount
    return JournalDraft.of(event.event_type, [(debit, amount), (credit, -amount)])


def _cash_amount(event: Event) -> int | Hold:
    """The amount moved, in minor units, above zero; or why the event is held."""
    negative = negative_amounts(event)
    if negative is not None:
        return negative
    amount = event.total_minor
    if amount is None and event.tenders:
        amount = sum(tender.amount_minor for tender in event.tenders)
    if amount is None:
        return Hold("SCHEMA_VALIDATION_FAILED", f"A {event.event_type} needs total_amount.")
    if amount == 0:
        return Hold("SIGN_MISMATCH", f"A {event.event_type} of zero moves no money.")
    if any(tender.method != "CASH" or tender.currency != event.currency for tender in event.tenders):
        return Hold("TOTALS_MISMATCH", f"A {event.event_type} moves cash of the drawer's currency only.")
    tendered = sum(tender.amount_minor for tender in event.tenders)
    if event.tenders and tendered != amount:
        return mismatch(event, "total_amount", amount, "the tenders come to", tendered)
    return amount
