"""Read the filters of the list of sales. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.calendar import span_of_days
from ledgersafe.values.errors import InvalidParameter
from pos.sales.parameters import MAX_DAYS, read_store

#: Days searched by default.
DEFAULT_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class SaleFilter:
    """The filters of `GET /v1/sales`. Days are business days, both included."""

    first: date
    last: date
    store_code: str | None = None
    event_type: str | None = None
    txn_id: str | None = None
    event_key: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str], today: date) -> "SaleFilter":
        """Read query parameters. :raises InvalidParameter: invalid days, more than `MAX_DAYS`, or NUL in a text."""
        first, last = span_of_days(parameters)
        end = last or max(today, first or today)
        begin = first or end - min(timedelta(days=DEFAULT_DAYS - 1), end - date.min)
        if last is None and first is None:
            end = date.max  # what a clock has put ahead is the newest
        elif end - begin >= timedelta(days=MAX_DAYS):
            raise InvalidParameter(f"The list spans at most {MAX_DAYS} days.")
        texts = {name: parameters.get(name) or None for name in ("event_type", "txn_id", "event_id")}
        for name, text in texts.items():
            if text is not None and "\x00" in text:
                raise InvalidParameter(f"{name} must not contain a NUL character.")
        return cls(begin, end, read_store(parameters), *texts.values())
