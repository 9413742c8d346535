"""Posting rules: what each event does to the books. Pure functions from an event to a draft, or to a hold.

Source: the posting-rules page of the design. A change of what an event posts is a new `RULES_VERSION`, so that
history can be derived again with the rules it was made by.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final, TypeAlias

from ledger.accounts.chart import AccountRef, account_of, qualified
from ledger.fx.conversion import NO_RATES, Conversion, Rates
from ledger.journals.draft import JournalDraft
from ledgersafe.values.money import MAX_MINOR, cash_rounding_limit, to_decimal_text
from pos.contract.event import Event, Hold, Tender
from pos.rules.foreign_tenders import conversions_of

RULES_VERSION: Final = 2

Entries: TypeAlias = Iterator[tuple[AccountRef, int]]

#: Types about another event: what they do is in `rules_referring`, once that event is known.
NEED_REFERENCE: Final = frozenset({"RETURN", "VOID", "CANCEL", "CORRECTION", "TIP_ADJUST"})

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
#: Rules 2: what a customer pays of his account, or in advance.
_PAID_IN_BY_CUSTOMERS: Final = {
    "HOUSE_ACCOUNT": "HOUSE_ACCOUNTS",
    "DEPOSIT": "CUSTOMER_DEPOSITS",
}

#: A basket line of this category is no revenue but a debt to whoever bought it.
LIABILITY_LINES: Final = {
    "GIFT_CARD": "GIFT_CARDS",
    "DEPOSIT": "CUSTOMER_DEPOSITS",
}


def draft_of(event: Event, rates: Rates = NO_RATES, *, version: int = RULES_VERSION) -> JournalDraft | Hold:
    """The journal an event makes by itself, or why it cannot be made with certainty.

    :param rates: into the event's currency, by the currencies it was paid in; an ordinary event asks for none.
    :param version: of the rules, for deriving history again; 1 knew no payments by customers.
    :returns: a draft without lines when the event moves no money (`NO_SALE`, a sale of nothing).
    """
    if event.event_type in NEED_REFERENCE:
        return Hold("MISSING_REFERENCE", f"A {event.event_type} waits for the sale it refers to.")
    wrong = negative_amounts(event)
    if wrong is not None:
        return wrong
    if event.event_type == "SALE":
        return _sale(event, rates)
    if event.event_type == "PAID_IN" and version > 1 and _reason(event) in _PAID_IN_BY_CUSTOMERS:
        return _paid_by_customer(event)
    return _RULES[event.event_type](event)


def negative_amounts(event: Event) -> Hold | None:
    """The type gives the direction; an amount that has one of its own contradicts it."""
    if not _has_negative(event):
        return None
    amounts = [("/total_amount", event.total_minor or 0)]
    for name, values in (
        ("line_items", [line.amount_minor for line in event.lines]),
        ("tenders", [tender.amount_minor for tender in event.tenders]),
        ("tax_lines", [tax.amount_minor for tax in event.taxes]),
        ("discounts", event.discounts_minor),
        ("tips", event.tips_minor),
        ("service_charges", event.service_charges_minor),
    ):
        amounts += [(f"/{name}/{index}/amount", value) for index, value in enumerate(values)]
    amounts += [(f"/line_items/{i}/qty", -1) for i, line in enumerate(event.lines) if line.quantity < 0]
    wrong = tuple({"pointer": pointer, "message": "is negative"} for pointer, value in amounts if value < 0)
    return Hold("SIGN_MISMATCH", f"{wrong[0]['pointer']} is negative in a {event.event_type}.", wrong)


def _has_negative(event: Event) -> bool:
    for line in event.lines:
        if line.amount_minor < 0 or line.quantity < 0:
            return True
    for tender in event.tenders:
        if tender.amount_minor < 0:
            return True
    for tax in event.taxes:
        if tax.amount_minor < 0:
            return True
    extras = (event.total_minor or 0, *event.discounts_minor, *event.tips_minor, *event.service_charges_minor)
    return min(extras) < 0


# ── SALE ────────────────────────────────────────────────────────────────────────────────────────
def _sale(event: Event, rates: Rates) -> JournalDraft | Hold:
    total, goods = event.total_minor, sum([line.amount_minor for line in event.lines])
    due = _sum_of_parts(event, goods)
    if total is None:
        if not event.lines:
            return Hold("SCHEMA_VALIDATION_FAILED", "A sale needs total_amount or line_items.")
        total = due
    basket = goods if event.lines else total - due
    inclusive = sum([tax.amount_minor for tax in event.taxes if tax.inclusive])
    if event.lines and due != total:
        return _mismatch(event, "total_amount", total, "the lines come to", due)
    if max(total, basket) > MAX_MINOR or basket < inclusive:
        return _mismatch(event, "the basket", basket, "less than the taxes it includes", inclusive)
    tenders = tenders_of(event, total)
    converted = conversions_of(event, tenders, rates)
    if isinstance(converted, Hold):
        return converted
    rounding = total - _paid(event, tenders, converted)
    if rounding and abs(rounding) > _rounding_allowed(event.currency, tenders):
        return _mismatch(event, "what is due", total, "the tenders come to", total - rounding)
    entries = chain(_sale_entries(event, tenders, basket - inclusive, rounding), _bridge(converted))
    return JournalDraft.of("SALE", entries)


def _paid(event: Event, tenders: tuple[Tender, ...], converted: tuple[Conversion, ...]) -> int:
    """What the tenders come to in the sale's currency."""
    own = sum([tender.amount_minor for tender in tenders if tender.currency == event.currency])
    return own + sum(conversion.converted_minor for conversion in converted)


def _bridge(converted: tuple[Conversion, ...]) -> Entries:
    """What was paid in a foreign currency leaves it by its clearing account, and enters the sale's by that one's."""
    for conversion in converted:
        yield account_of("FX_CLEARING", conversion.source), -conversion.amount_minor
        yield account_of("FX_CLEARING", conversion.target), conversion.converted_minor


def _sum_of_parts(event: Event, goods: int) -> int:
    """Lines − discounts + exclusive taxes + tips + service charges, in minor units."""
    return (
        goods
        - sum(event.discounts_minor)
        + sum([tax.amount_minor for tax in event.taxes if not tax.inclusive])
        + sum(event.tips_minor)
        + sum(event.service_charges_minor)
    )


def _sale_entries(event: Event, tenders: tuple[Tender, ...], basket: int, rounding: int) -> Entries:
    currency = event.currency
    for tender in tenders:
        yield _tender_account(event, tender), tender.amount_minor
    if rounding:
        yield account_of("ROUNDING", currency), rounding
    if event.discounts_minor:
        yield account_of("DISCOUNTS", currency), sum(event.discounts_minor)
    for line in event.lines:
        if line.category in LIABILITY_LINES:
            yield account_of(LIABILITY_LINES[line.category], currency), -line.amount_minor
            basket -= line.amount_minor
    yield account_of("SALES", currency), -basket
    for tax in event.taxes:
        yield account_of("SALES_TAX", currency, qualified(tax.code, tax.rate).rstrip("/")), -tax.amount_minor
    if event.tips_minor:
        yield account_of("TIPS_PAYABLE", currency), -sum(event.tips_minor)
    if event.service_charges_minor:
        yield account_of("SERVICE_CHARGES", currency), -sum(event.service_charges_minor)


def tenders_of(event: Event, total: int) -> tuple[Tender, ...]:
    """What a sale was paid with. Without tenders: in cash when it says so, else something outside that has to clear."""
    return event.tenders or (Tender("CASH" if event.pays_cash else "EXTERNAL", total, event.currency, ""),)


def _tender_account(event: Event, tender: Tender) -> AccountRef:
    match tender.method:
        case "CASH":
            return drawer_of(event, tender.currency)
        case "CARD":
            return account_of("CARD_CLEARING", tender.currency, qualified(tender.processor))
        case "GIFT_CARD":
            return account_of("GIFT_CARDS", tender.currency)
        case "STORE_CREDIT":
            return account_of("STORE_CREDIT", tender.currency)
        case "HOUSE_ACCOUNT":
            return account_of("HOUSE_ACCOUNTS", tender.currency)
        case _:
            return account_of("EXTERNAL_CLEARING", tender.currency)


def _rounding_allowed(currency: str, tenders: tuple[Tender, ...]) -> int:
    """Only cash is rounded, and by no more than half the currency's smallest coin."""
    pays_cash = any(tender.method == "CASH" and tender.amount_minor > 0 for tender in tenders)
    return cash_rounding_limit(currency) if pays_cash else 0


def _mismatch(event: Event, what: str, amount: int, other: str, other_amount: int) -> Hold:
    shown = to_decimal_text(amount, event.currency), to_decimal_text(other_amount, event.currency)
    return Hold("TOTALS_MISMATCH", f"{what} is {shown[0]} {event.currency}, {other} {shown[1]}.")


# ── Cash in and out of the drawer ───────────────────────────────────────────────────────────────
def drawer_of(event: Event, currency: str | None = None) -> AccountRef:
    """The register's cash drawer of a currency; the store's own when the event names no register."""
    codes = [event.store_code] if event.register_code is None else [event.store_code, event.register_code]
    return account_of("DRAWER", currency or event.currency, qualified(*codes))


def _cash_amount(event: Event) -> int | Hold:
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
        return _mismatch(event, "total_amount", amount, "the tenders come to", tendered)
    return amount


def _reason(event: Event) -> str:
    return event.reason.strip().upper()


def _paid_in(event: Event) -> JournalDraft | Hold:
    source = account_of(_PAID_IN_FROM.get(_reason(event), "SUSPENSE"), event.currency)
    return _cash_move(event, drawer_of(event), source)


def _paid_by_customer(event: Event) -> JournalDraft | Hold:
    source = account_of(_PAID_IN_BY_CUSTOMERS[_reason(event)], event.currency)
    return _cash_move(event, drawer_of(event), source)


def _paid_out(event: Event) -> JournalDraft | Hold:
    target = account_of(_PAID_OUT_TO.get(_reason(event), "PETTY_EXPENSE"), event.currency)
    return _cash_move(event, target, drawer_of(event))


def _cash_drop(event: Event) -> JournalDraft | Hold:
    return _cash_move(event, account_of("SAFE", event.currency), drawer_of(event))


def _cash_move(event: Event, debit: AccountRef, credit: AccountRef) -> JournalDraft | Hold:
    amount = _cash_amount(event)
    if isinstance(amount, Hold):
        return amount
    return JournalDraft.of(event.event_type, [(debit, amount), (credit, -amount)])


def _no_sale(event: Event) -> JournalDraft | Hold:
    """The drawer was opened without a sale: nothing moves, the audit trail tells it."""
    amounts = [line.amount_minor for line in event.lines]
    if event.total_minor or event.tenders or _sum_of_parts(event, sum(amounts)) or any(amounts):
        return Hold("TOTALS_MISMATCH", "A NO_SALE moves no money but names an amount.")
    return JournalDraft("NO_SALE", ())


_RULES: Final[dict[str, Callable[[Event], JournalDraft | Hold]]] = {
    "PAID_IN": _paid_in,
    "PAID_OUT": _paid_out,
    "PAYOUT": _paid_out,
    "CASH_DROP": _cash_drop,
    "NO_SALE": _no_sale,
}
