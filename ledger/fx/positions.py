"""Read the open position: the balances of the clearing accounts, and their value in the tenant's base currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from ledger.balances import balances
from ledger.fx import rates
from ledger.fx.conversion import Conversion, Rate, Unusable
from ledger.fx.rates import USABLE, RateQuery

#: The clearing accounts' balances at the end of a business day, with the rate into the base currency at an instant.
_POSITIONS: Final = f"""
{balances.MARKED_DAYS.format(closed_by="d.business_date <= m.mark")}, q AS MATERIALIZED (
    SELECT a.tenant_id, a.id, a.code, a.currency AS source, t.base_currency AS target, %(at)s::timestamptz AS at,
           {balances.BALANCE} AS balance
    FROM marks m JOIN tenants t ON t.id = m.tenant_id
    JOIN accounts a ON a.tenant_id = m.tenant_id AND a.role = 'FX_CLEARING'
    {balances.SNAPSHOT} {balances.SINCE}
)
SELECT q.code, q.source, q.target, q.balance, r.id, r.base, r.quote, r.rate, r.valid_from
FROM q {USABLE}
WHERE q.balance <> 0
ORDER BY q.source
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class Position:
    """The balance of one clearing account in minor units, debit positive, and its rate into the base currency.

    `rate` is None for the account of the base currency itself.
    """

    code: str
    currency: str
    base_currency: str
    balance_minor: int
    rate: Rate | Unusable | None

    @property
    def conversion(self) -> Conversion | None:
        """The conversion at the day's rate; None without a usable rate, and for the base currency itself."""
        if not isinstance(self.rate, Rate):
            return None
        return self.rate.converts(self.currency, self.base_currency, self.balance_minor)

    @property
    def value_minor(self) -> int | None:
        """The value in minor units of the base currency; None without a usable rate."""
        if self.currency == self.base_currency:
            return self.balance_minor
        conversion = self.conversion
        return conversion.converted_minor if conversion else None


def read(tenant_id: int, day: date, *, at: datetime) -> list[Position]:
    """Return the clearing accounts with a balance at the end of a business day, by currency. One statement.

    :param at: the instant of the rates.
    """
    rows = balances.fetch(_POSITIONS, {"tenants": [tenant_id], "marks": [day], "at": at})
    return [_position(row, at) for row in rows]


def without_rate(positions: Sequence[Position]) -> list[str]:
    """Return the currencies without a usable rate. Pure."""
    return [position.currency for position in positions if position.value_minor is None]


def residual(positions: Sequence[Position]) -> int | None:
    """Sum the values in minor units of the base currency; None when one is missing. Pure."""
    values = [position.value_minor for position in positions]
    return None if None in values else sum(value for value in values if value is not None)


def currencies_without_rate(tenant_id: int, day: date, *, at: datetime) -> list[str]:
    """Return the currencies with a clearing balance at the end of a day and no usable rate. One statement."""
    return without_rate(read(tenant_id, day, at=at))


def _position(row: Sequence[Any], at: datetime) -> Position:
    code, source, target, balance, *rate = row
    usable = None if source == target else rates.judge(RateQuery(source, target, at), rates.known_rate(rate))
    return Position(code, source, target, int(balance), usable)
