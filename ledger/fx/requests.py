"""Read requests about rates into values, or refuse them with every problem named; instants of rates. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from ledger.accounts import InvalidRequest, Problems
from ledger.calendar import parameters
from ledger.fx import rate_text
from ledger.fx.rate_text import RateError
from ledger.fx.record_rates import NewRate
from ledger.periods import Calendar
from ledgersafe.values.errors import InvalidParameter

MAX_RATES: Final = 1_000
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST_DAY: Final = date(9000, 1, 1)
#: A rate may be recorded so long before it is valid.
AHEAD: Final = timedelta(days=366)


# ── Rates ───────────────────────────────────────────────────────────────────────────────────────
def read_rates(body: Mapping[str, Any], *, now: datetime) -> list[NewRate]:
    """Read `PUT /v1/fx/rates`: one rate, or `rates` with up to 1,000. :raises InvalidRequest: one is invalid."""
    problems = Problems()
    if "rates" not in body:
        rates = [_rate(body, problems, "", now)]
    else:
        items = body["rates"]
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_RATES:
            raise InvalidRequest(f"rates must be a list of 1 to {MAX_RATES} rates.")
        rates = [_rate(item, problems, f"/rates/{number}", now) for number, item in enumerate(items)]
    problems.refuse()
    return without_repeats([rate for rate in rates if rate is not None])


def without_repeats(rates: list[NewRate]) -> list[NewRate]:
    """Return each pair and instant once. :raises InvalidRequest: one has two different rates."""
    by_pair_and_start: dict[tuple[str, datetime], NewRate] = {}
    for rate in rates:
        first = by_pair_and_start.setdefault((rate.pair, rate.valid_from), rate)
        if first.value != rate.value:
            raise InvalidRequest(f"{rate.pair} has two rates from {rate.valid_from.isoformat()}.")
    return list(by_pair_and_start.values())


def _rate(body: Any, problems: Problems, pointer: str, now: datetime) -> NewRate | None:
    if not isinstance(body, dict):
        problems.add(pointer, "must be an object")
        return None
    rate = rate_of(body.get("pair"), body.get("rate"), body.get("valid_from"), now=now)
    if isinstance(rate, NewRate):
        return rate
    for field, message in rate.items():
        problems.add(f"{pointer}/{field}", message)
    return None


def rate_of(pair: Any, rate: Any, valid_from: Any, *, now: datetime) -> NewRate | dict[str, str]:
    """Read a rate; return it, or else problems by field. `valid_from` None: now."""
    problems: dict[str, str] = {}
    currencies, value, start = ("", ""), Decimal(0), now
    try:
        currencies = rate_text.read_pair(pair)
    except RateError as error:
        problems["pair"] = str(error)
    try:
        value = rate_text.read_rate(rate)
    except RateError as error:
        problems["rate"] = str(error)
    try:
        start = now if valid_from is None else _start(valid_from, now)
    except RateError as error:
        problems["valid_from"] = str(error)
    return problems or NewRate(*currencies, value, start)


def _start(value: Any, now: datetime) -> datetime:
    """Read the start of a rate: an instant, or a day, which means its beginning in UTC."""
    try:
        moment = parameters.moment_of({"": value if type(value) is str else "no text"}, "")
    except InvalidParameter:
        moment = None
    if moment is None:
        raise RateError("must be an instant with an offset, like 2026-02-25T00:00:00Z")
    start = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), UTC)
    if not EARLIEST <= start <= now + AHEAD:
        raise RateError("must lie after 1999 and no more than a year ahead")
    return start


# ── Moments ─────────────────────────────────────────────────────────────────────────────────────
def instant_of(moment: date | datetime | None, calendar: Calendar, *, now: datetime) -> datetime:
    """Return the instant of a rate look-up: an instant itself; the end of a past business day; now otherwise.

    :raises InvalidParameter: a day too far away.
    """
    if moment is None:
        return now
    if isinstance(moment, datetime):
        return moment
    if not EARLIEST.date() <= moment <= _LATEST_DAY:
        raise InvalidParameter("as_of must lie after 1999.")
    last = calendar.end_of(moment) - timedelta(microseconds=1)
    return now if calendar.day_of(now) == moment else last
