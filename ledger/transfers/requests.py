"""Read requests for transfers and reversals into values, or refuse them with every problem named. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ledger.accounts import MAX_CODE, InvalidRequest, Problems, read_amount
from ledger.calendar import parameters
from ledgersafe.idempotency.stored_answers import read_key
from ledgersafe.values import exact_json
from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.money import is_currency, to_decimal_text

MAX_KEY: Final = 200
MAX_MEMO: Final = 1_000
MAX_ENTRIES: Final = 1_000
MAX_BULK: Final = 500
#: A tenant's own codes are shorter; codes that rules opened contain a store, a register or a processor.
LONGEST_CODE: Final = 600
_EARLIEST: Final = date(2000, 1, 1)
_FUTURE: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TransferLine:
    """An entry of a transfer; debit positive, in minor units of its currency."""

    account_code: str
    currency: str
    amount_minor: int
    memo: str | None


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """A transfer to post. `value_date` None: the tenant's current business day."""

    client_id: str
    idempotency_key: str
    value_date: date | None
    memo: str
    external_ref: str
    metadata: dict[str, Any]
    lines: tuple[TransferLine, ...]
    fingerprint: bytes

    @classmethod
    def read(
        cls, body: Mapping[str, Any], *, header_key: str | None, client: str, today: date, pointer: str = ""
    ) -> "TransferRequest":
        """Read the body of one transfer.

        :param client: the client of a request without `client_id`.
        :param today: the tenant's business day; a value date lies at most a year after it.
        :param pointer: where the transfer stands in the body, for the problems.
        :raises UnusableKey: no key, or two different ones.
        :raises InvalidRequest: a field is missing or invalid, or the entries do not balance.
        """
        key = read_key(header_key, body.get("idempotency_key"))
        problems = Problems()
        named = problems.text(body, "client_id", MAX_KEY, pointer=pointer)
        memo = problems.text(body, "memo", MAX_MEMO, pointer=pointer)
        reference = problems.text(body, "external_ref", MAX_KEY, pointer=pointer)
        value_date = _value_date(body.get("value_date"), today, problems, pointer)
        metadata = problems.metadata(body, pointer=pointer)
        lines = _lines(body.get("entries"), problems, f"{pointer}/entries")
        problems.refuse()
        return cls(
            client_id=named or client,
            idempotency_key=key,
            value_date=value_date,
            memo=memo,
            external_ref=reference or key,
            metadata=metadata,
            lines=lines,
            fingerprint=_fingerprint(body, lines),
        )


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """`POST /v1/journals/{id}/reverse`. `value_date` None: the tenant's current business day."""

    client_id: str
    journal_id: int
    idempotency_key: str
    memo: str
    value_date: date | None

    @classmethod
    def read(
        cls, body: Mapping[str, Any], *, journal_id: int, header_key: str | None, client: str, today: date
    ) -> "ReversalRequest":
        """Read the body. :raises UnusableKey: no key. :raises InvalidRequest: a field is invalid."""
        problems = Problems()
        memo = problems.text(body, "memo", MAX_MEMO)
        value_date = _value_date(body.get("value_date"), today, problems, "")
        problems.refuse()
        return cls(client, journal_id, read_key(header_key), memo, value_date)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the request; its fields differ from those of every transfer."""
        day = self.value_date.isoformat() if self.value_date else None
        content = {"reverses": self.journal_id, "memo": self.memo, "value_date": day}
        return exact_json.fingerprint(exact_json.canonical_text(content))


def read_bulk(body: Mapping[str, Any], *, client: str, today: date) -> list[TransferRequest]:
    """Read `POST /v1/transfers/bulk`: 1 to `MAX_BULK` transfers, all valid. :raises InvalidRequest: one is not."""
    transfers = body.get("transfers")
    if (
        not isinstance(transfers, list)
        or not 1 <= len(transfers) <= MAX_BULK
        or any(type(transfer) is not dict for transfer in transfers)
    ):
        raise InvalidRequest(f"transfers must be a list of 1 to {MAX_BULK} transfers.")
    return [
        TransferRequest.read(transfer, header_key=None, client=client, today=today, pointer=f"/transfers/{number}")
        for number, transfer in enumerate(transfers)
    ]


def _value_date(value: Any, today: date, problems: Problems, pointer: str) -> date | None:
    if value is None:
        return None
    try:
        day = parameters.day_of({"value_date": value if type(value) is str else "no text"}, "value_date") or date.min
    except InvalidParameter:
        problems.add(f"{pointer}/value_date", "must be a date, like 2026-02-25")
        return None
    if not _EARLIEST <= day <= today + _FUTURE:
        problems.add(f"{pointer}/value_date", "must lie after 1999 and no more than a year ahead")
    return day


def _lines(value: Any, problems: Problems, pointer: str) -> tuple[TransferLine, ...]:
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_ENTRIES:
        problems.add(pointer, f"must be a list of 2 to {MAX_ENTRIES} entries")
        return ()
    before = len(problems.items)
    lines = tuple(_line(entry, problems, f"{pointer}/{number}") for number, entry in enumerate(value))
    if len(problems.items) == before:
        _check_sums(lines, problems, pointer)
    return lines


def _line(entry: Any, problems: Problems, pointer: str) -> TransferLine:
    if not isinstance(entry, dict):
        problems.add(pointer, "must be an object")
        return TransferLine("", "", 0, None)
    code = problems.required(entry, "account_code", max(MAX_CODE, LONGEST_CODE), pointer=pointer)
    currency = problems.required(entry, "ccy", 3, pointer=pointer)
    memo = problems.text(entry, "memo", MAX_MEMO, pointer=pointer) or None
    if not is_currency(currency):
        if currency:
            problems.add(f"{pointer}/ccy", "must be a currency of ISO 4217")
        return TransferLine(code, currency, 0, memo)
    before = len(problems.items)
    amount = read_amount(problems, f"{pointer}/amount", entry.get("amount"), currency)
    if amount == 0 and len(problems.items) == before:
        problems.add(f"{pointer}/amount", "must not be zero")
    return TransferLine(code, currency, amount, memo)


def _check_sums(lines: Sequence[TransferLine], problems: Problems, pointer: str) -> None:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    for currency, off in sums.items():
        if off:
            problems.add(pointer, f"must sum to zero in {currency}; the sum is {_decimal(off, currency)}")


def _decimal(minor: int, currency: str) -> str:
    return f"{to_decimal_text(minor, currency)} {currency}"


def _fingerprint(body: Mapping[str, Any], lines: Sequence[TransferLine]) -> bytes:
    """Return the SHA-256 of the request without its key; `"10.0"` and `10.00` are the same amount."""
    entries = [{**sent, "amount": line.amount_minor} for sent, line in zip(body["entries"], lines, strict=True)]
    content = {name: value for name, value in body.items() if name != "idempotency_key" and value is not None}
    return exact_json.fingerprint(exact_json.canonical_text({**content, "entries": entries}))
