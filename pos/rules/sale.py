"""Posting rule of a SALE: tenders in, revenue, taxes, tips and debts out. Pure.

Source: the posting-rules page of the design. A change of what an event posts is a new `RULES_VERSION` (`decide`), so
that history can be derived again with the rules it was made by.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, TypeAlias

from ledger.accounts import AccountRef, account_of, qualified
from ledger.fx import NO_RATES, Conversion, Rates
from ledger.journals import JournalDraft
from ledgersafe.values.money import MAX_MINOR, cash_rounding_limit, to_decimal_text
from pos.contract import Event, Hold, Tender
from pos.references import extras_of
from pos.rules.foreign_tenders import conversions_of

Entries: TypeAlias = Iterator[tuple[AccountRef, int]]

#: Basket lines of these categories are no revenue but a debt to the buyer, kept on the account named.
LIABILITY_LINES: Final = {
    "GIFT_CARD": "GIFT_CARDS",
    "DEPOSIT": "CUSTOMER_DEPOSITS",
}


def draft_sale(event: Event, rates: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft the journal of a sale, or hold it.

    :param event: read as a SALE, whatever its type: a return and a correction are posted as the sale they are made of.
    :param rates: into the event's currency, by the currencies it was paid in.
    :returns: a draft without lines for a sale of nothing.
    """
    negative = negative_amounts(event)
    if negative is not None:
        return negative
    total, goods = event.total_minor, sum([line.amount_minor for line in event.lines])
    due = goods + extras_of(event)
    if total is None:
        if not event.lines:
            return Hold("SCHEMA_VALIDATION_FAILED", "A sale needs total_amount or line_items.")
        total = due
    basket = goods if event.lines else total - due
    inclusive = sum([tax.amount_minor for tax in event.taxes if tax.inclusive])
    if event.lines and due != total:
        return mismatch(event, "total_amount", total, "the lines come to", due)
    if max(total, basket) > MAX_MINOR or basket < inclusive:
        return mismatch(event, "the basket", basket, "less than the taxes it includes", inclusive)
    tenders = tenders_of(event, total)
    conversions = conversions_of(event, tenders, rates)
    if isinstance(conversions, Hold):
        return conversions
    rounding = total - _paid(event, tenders, conversions)
    if rounding and abs(rounding) > _rounding_allowed(event.currency, tenders):
        return mismatch(event, "what is due", total, "the tenders come to", total - rounding)
    entries = chain(_sale_entries(event, tenders, basket - inclusive, rounding), _bridge(conversions))
    return JournalDraft.of("SALE", entries)


def negative_amounts(event: Event) -> Hold | None:
    """Hold an event with a negative amount: its type already gives the sign."""
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
    errors = tuple({"pointer": pointer, "message": "is negative"} for pointer, value in amounts if value < 0)
    return Hold("SIGN_MISMATCH", f"{errors[0]['pointer']} is negative in a {event.event_type}.", errors)


def _has_negative(event: Event) -> bool:
    # Loops, as every event passes here: a generator per list would take twice the time.
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


def tenders_of(event: Event, total: int) -> tuple[Tender, ...]:
    """List the tenders of a sale.

    Without any: the total in cash when the event says so, else as an outside payment that has to clear.
    """
    return event.tenders or (Tender("CASH" if event.pays_cash else "EXTERNAL", total, event.currency, ""),)


def drawer_of(event: Event, currency: str | None = None) -> AccountRef:
    """Name the register's cash drawer of a currency; the store's own when the event names no register."""
    codes = [event.store_code] if event.register_code is None else [event.store_code, event.register_code]
    return account_of("DRAWER", currency or event.currency, qualified(*codes))


def mismatch(event: Event, what: str, amount: int, other: str, other_amount: int) -> Hold:
    """Hold an event of which two amounts, in minor units, have to agree and do not."""
    texts = to_decimal_text(amount, event.currency), to_decimal_text(other_amount, event.currency)
    return Hold("TOTALS_MISMATCH", f"{what} is {texts[0]} {event.currency}, {other} {texts[1]}.")


def _paid(event: Event, tenders: tuple[Tender, ...], conversions: tuple[Conversion, ...]) -> int:
    """The sum of all tenders in the sale's currency."""
    own = sum([tender.amount_minor for tender in tenders if tender.currency == event.currency])
    return own + sum(conversion.converted_minor for conversion in conversions)


def _rounding_allowed(currency: str, tenders: tuple[Tender, ...]) -> int:
    """Only cash is rounded, and by no more than half the currency's smallest coin."""
    pays_cash = any(tender.method == "CASH" and tender.amount_minor > 0 for tender in tenders)
    return cash_rounding_limit(currency) if pays_cash else 0


def _bridge(conversions: tuple[Conversion, ...]) -> Entries:
    """Move foreign payments into the sale's currency by two clearing accounts, so that each currency balances."""
    for conversion in conversions:
        yield account_of("FX_CLEARING", conversion.source), -conversion.amount_minor
        yield account_of("FX_CLEARING", conversion.target), conversion.converted_minor


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
