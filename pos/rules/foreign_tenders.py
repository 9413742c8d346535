"""Tenders in another currency than the sale's: what they are worth in it, by the rate that held when it happened. Pure.

All tenders of one currency are converted together, so that each currency is rounded once.
"""

from collections.abc import Sequence

from ledger.fx.conversion import NO_RATES, Conversion, Rate, Rates
from ledgersafe.values.errors import DomainError
from pos.contract.event import Event, Hold, Tender


def foreign_currencies(event: Event) -> set[str]:
    """The currencies other than the event's own that it was paid in."""
    return {tender.currency for tender in event.tenders if tender.currency != event.currency}


def conversions_of(event: Event, tenders: Sequence[Tender], rates: Rates = NO_RATES) -> tuple[Conversion, ...] | Hold:
    """What the tenders of each foreign currency come to; of a currency of which nothing was paid, nothing."""
    paid: dict[str, int] = {}
    for tender in tenders:
        if tender.currency != event.currency:
            paid[tender.currency] = paid.get(tender.currency, 0) + tender.amount_minor
    if not paid:
        return ()
    found = []
    for currency, minor in sorted(paid.items()):
        if not minor:
            continue
        rate = rates.get(currency)
        if not isinstance(rate, Rate):
            known = rate.message if rate is not None else f"No rate {currency}/{event.currency} is known."
            return Hold("UNKNOWN_CURRENCY", f"A {event.currency} sale paid in {currency}. {known}")
        try:
            found.append(rate.converts(currency, event.currency, minor))
        except DomainError as error:
            return Hold("TOTALS_MISMATCH", f"The tenders in {currency}: {error.message}")
    return tuple(found)
