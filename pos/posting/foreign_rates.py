"""The rates that events paid in foreign currencies ask for: one statement for all of them, none for all others.

Not remembered: a rate is read when it is needed, by the few events that need one, so that what was recorded a moment
ago counts, and the rate that was used is one that stands in the database.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from ledger.fx import rates as recorded
from ledger.fx.conversion import NO_RATES, Rates
from ledger.fx.rates import RateQuestion
from pos.contract.event import Event
from pos.rules.business_day import CLOCK_EPOCH
from pos.rules.foreign_tenders import foreign_currencies


def rates_for(tenant_id: int, verdicts: Sequence[Any]) -> list[Rates]:
    """For each of these the rates that held when it happened, by currency; nothing for what is no event."""
    asked = [(place, currency) for place, one in enumerate(verdicts) for currency in _foreign(one)]
    if not asked:
        return [NO_RATES] * len(verdicts)
    found: list[Rates] = [{} for _ in verdicts]
    questions = [
        RateQuestion(currency, verdicts[place].currency, verdicts[place].occurred_at.astimezone(UTC))
        for place, currency in asked
    ]
    for (place, currency), rate in zip(asked, recorded.find(tenant_id, questions), strict=True):
        found[place] = {**found[place], currency: rate}
    return found


def _foreign(verdict: Any) -> set[str]:
    """A clock that was never set is held for that; Postgres would not know all its years either."""
    if not isinstance(verdict, Event) or verdict.occurred_at < CLOCK_EPOCH:
        return set()
    return foreign_currencies(verdict)
