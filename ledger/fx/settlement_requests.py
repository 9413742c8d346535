"""Read requests for settlements into values, or refuse them with every problem named. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ledger.accounts import Problems
from ledger.calendar import parameters
from ledger.fx import conversion
from ledger.fx.requests import AHEAD, EARLIEST, instant_of
from ledger.periods import Calendar
from ledger.transfers import LONGEST_CODE, MAX_KEY, MAX_MEMO
from ledgersafe.idempotency.stored_answers import read_key
from ledgersafe.values import exact_json
from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.exact_json import Number

#: A client's clock may run so far ahead of ours.
_CLOCK_AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SettlementRequest:
    """`POST /v1/fx/settlements`. The amount is decimal text: its currency is the source account's."""

    client_id: str
    idempotency_key: str
    from_code: str
    to_code: str
    amount: str
    as_of: datetime
    value_date: date
    memo: str
    external_ref: str
    fingerprint: bytes

    @classmethod
    def read(
        cls, body: Mapping[str, Any], *, header_key: str | None, client: str, calendar: Calendar, now: datetime
    ) -> "SettlementRequest":
        """Read the body.

        :param client: the client of a request without `client_id`.
        :raises ledgersafe.idempotency.stored_answers.UnusableKey: no key, or two different ones.
        :raises InvalidRequest: a field is missing or invalid.
        """
        key = read_key(header_key, body.get("idempotency_key"))
        problems = Problems()
        named_client = problems.text(body, "client_id", MAX_KEY)
        memo = problems.text(body, "memo", MAX_MEMO)
        reference = problems.text(body, "external_ref", MAX_KEY)
        codes = [problems.required(body, name, LONGEST_CODE) for name in ("from_account", "to_account")]
        amount = _amount(body.get("amount"), problems)
        as_of = _as_of(body.get("as_of"), problems, calendar, now)
        value_date = _value_date(body.get("value_date"), problems, calendar.day_of(as_of), calendar.day_of(now))
        if codes[0] and codes[0] == codes[1]:
            problems.add("/to_account", "must be another account")
        problems.refuse()
        content = {name: value for name, value in body.items() if name != "idempotency_key" and value is not None}
        return cls(
            client_id=named_client or client,
            idempotency_key=key,
            from_code=codes[0],
            to_code=codes[1],
            amount=amount,
            as_of=as_of,
            value_date=value_date,
            memo=memo,
            external_ref=reference or key,
            fingerprint=exact_json.fingerprint(exact_json.canonical_text({**content, "amount": amount})),
        )


def _amount(value: Any, problems: Problems) -> str:
    """Return the amount in one spelling, so that `10.0`, `10` and `"10.00"` are the same request."""
    text = value[1:-1] if type(value) is Number else str(value)
    try:
        number = Decimal(text) if type(value) in {str, int, Number} and _is_plain(text) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 40:
        problems.add("/amount", 'must be a decimal, like "10.00"')
        return ""
    if number <= 0:
        problems.add("/amount", "must be above zero")
    return conversion.rate_text(number)


def _is_plain(text: str) -> bool:
    return len(text) <= 40 and text.isascii() and "_" not in text and text == text.strip()


def _as_of(value: Any, problems: Problems, calendar: Calendar, now: datetime) -> datetime:
    try:
        moment = parameters.moment_of({"as_of": value if type(value) is str else "no text"}, "as_of") if value else None
        instant = instant_of(moment, calendar, now=now)
    except InvalidParameter as error:
        problems.add("/as_of", error.message.removeprefix("as_of ").rstrip("."))
        return now
    if not EARLIEST <= instant <= now + _CLOCK_AHEAD:
        problems.add("/as_of", "must not lie in the future, nor before the year 2000")
        return now
    return instant


def _value_date(value: Any, problems: Problems, day: date, today: date) -> date:
    """Read the business day of the journals; by default that of `as_of`."""
    if value is None:
        return day
    try:
        value_date = (
            parameters.day_of({"value_date": value if type(value) is str else "no text"}, "value_date") or date.min
        )
    except InvalidParameter:
        problems.add("/value_date", "must be a date, like 2026-02-25")
        return day
    if not EARLIEST.date() <= value_date <= today + AHEAD:
        problems.add("/value_date", "must lie after 1999 and no more than a year ahead")
    return value_date
