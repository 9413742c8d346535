"""Find the rates of events paid in foreign currencies: one statement for all of them, none when there are none.

Rates are not remembered: they are read when needed, by the few events that need one. So a rate recorded a moment ago
counts, and the rate that was used is one that stands in the database.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from ledger.fx import NO_RATES, RateQuery, Rates
from ledger.fx import rates as recorded_rates
from pos.contract import Event
from pos.rules import CLOCK_EPOCH, foreign_currencies


def rates_for(tenant_id: int, readings: Sequence[Any]) -> list[Rates]:
    """Find the rates that held when each event happened, by foreign currency, into the event's own.

    :param readings: of arrivals; everything but an `Event` needs no rates.
    :returns: rates for each reading, in order.
    """
    needs = [(index, currency) for index, reading in enumerate(readings) for currency in _currencies_of(reading)]
    if not needs:
        return [NO_RATES] * len(readings)
    rates: list[Rates] = [{} for _ in readings]
    queries = [
        RateQuery(currency, readings[index].currency, readings[index].occurred_at.astimezone(UTC))
        for index, currency in needs
    ]
    for (index, currency), rate in zip(needs, recorded_rates.find(tenant_id, queries), strict=True):
        rates[index] = {**rates[index], currency: rate}
    return rates


def _currencies_of(reading: Any) -> set[str]:
    # An event from before CLOCK_EPOCH is held for its clock; Postgres would not know all its years either.
    if not isinstance(reading, Event) or reading.occurred_at < CLOCK_EPOCH:
        return set()
    return foreign_currencies(reading)
