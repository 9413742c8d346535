"""Convert tenders in foreign currencies into the sale's, by the rates that held when it happened. Pure.

All tenders of one currency are converted together, so that each currency is rounded once.
"""

from collections.abc import Sequence

from ledger.fx import NO_RATES, Conversion, Rate, Rates
from ledgersafe.values.errors import DomainError
from pos.contract import Event, Hold, Tender


def foreign_currencies(event: Event) -> set[str]:
    """Collect the currencies of an event's tenders other than its own."""
    return {tender.currency for tender in event.tenders if tender.currency != event.currency}


def conversions_of(event: Event, tenders: Sequence[Tender], rates: Rates = NO_RATES) -> tuple[Conversion, ...] | Hold:
    """Convert the tenders of each foreign currency with a total other than zero, in the order of their codes.

    Holds the event when a rate is missing or too old, or an amount does not fit.
    """
    paid: dict[str, int] = {}
    for tender in tenders:
        if tender.currency != event.currency:
            paid[tender.currency] = paid.get(tender.currency, 0) + tender.amount_minor
    if not paid:
        return ()
    conversions = []
    for currency, minor in sorted(paid.items()):
        if not minor:
            continue
        rate = rates.get(currency)
        if not isinstance(rate, Rate):
            why = rate.message if rate is not None else f"No rate {currency}/{event.currency} is known."
            return Hold("UNKNOWN_CURRENCY", f"A {event.currency} sale paid in {currency}. {why}")
        try:
            conversions.append(rate.converts(currency, event.currency, minor))
        except DomainError as error:
            return Hold("TOTALS_MISMATCH", f"The tenders in {currency}: {error.message}")
    return tuple(conversions)
