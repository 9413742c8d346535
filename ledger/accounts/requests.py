"""Read requests about accounts into values, or refuse them with every problem named by field. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.models import AccountStatus, AccountType
from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.exact_json import Number
from ledgersafe.values.money import MoneyError, is_currency, to_minor

MAX_CODE: Final = 200
MAX_NAME: Final = 200
_MAX_WHOLE: Final = 2**53
#: The last segments of URLs below an account: a code with such an ending would have no URL of its own.
_RESERVED: Final = frozenset({"history", "balance", "statement", "explain"})
#: Fields that never change.
FIXED: Final = frozenset({"id", "code", "ccy", "type"})


class InvalidRequest(InvalidParameter):
    """The request is invalid; `errors` lists every problem."""

    code = "INVALID_REQUEST"


class Problems:
    """The problems of a request, collected as `[{"pointer", "message"}]`."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []

    def add(self, pointer: str, message: str) -> None:
        """Add a problem; the pointer follows RFC 6901."""
        self.items.append({"pointer": pointer, "message": message})

    def text(self, body: Mapping[str, Any], field: str, longest: int, *, pointer: str = "", default: str = "") -> str:
        """Read an optional text; return the default when it is missing or invalid."""
        value = body.get(field)
        if value is None:
            return default
        if type(value) is not str or len(value) > longest:
            self.add(f"{pointer}/{field}", f"must be a text of at most {longest} characters")
            return default
        return value

    def required(self, body: Mapping[str, Any], field: str, longest: int, *, pointer: str = "") -> str:
        """Read a text that must not be blank."""
        value = self.text(body, field, longest, pointer=pointer)
        if not value.strip() and not any(problem["pointer"] == f"{pointer}/{field}" for problem in self.items):
            self.add(f"{pointer}/{field}", "is required")
        return value

    def metadata(self, body: Mapping[str, Any], *, pointer: str = "") -> dict[str, Any]:
        """Read the client's own object. Decimals must be sent as text: jsonb would rewrite them."""
        value = body.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, dict) or not _is_plain(value):
            self.add(f"{pointer}/metadata", "must be an object; decimals and numbers above 2^53 are sent as text")
            return {}
        return value

    def refuse(self) -> None:
        """Refuse a request with problems. :raises InvalidRequest: names all of them; its message is the first."""
        if self.items:
            first = self.items[0]
            raise InvalidRequest(f"{first['pointer']} {first['message']}.", errors=self.items)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """`POST /v1/accounts`."""

    code: str
    name: str
    currency: str
    type: str
    metadata: dict[str, Any]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "NewAccount":
        """Read the body. :raises InvalidRequest: a field is missing or invalid."""
        problems = Problems()
        account = cls(
            code=problems.required(body, "code", MAX_CODE),
            name=problems.required(body, "name", MAX_NAME),
            currency=problems.required(body, "ccy", 3),
            type=problems.required(body, "type", 9),
            metadata=problems.metadata(body),
        )
        if account.code and not _is_code(account.code):
            problems.add(
                "/code", "must be printable, without spaces around it, not end with / nor with a reserved word"
            )
        if account.currency and not is_currency(account.currency):
            problems.add("/ccy", "must be a currency of ISO 4217")
        if account.type and account.type not in AccountType.values:
            problems.add("/type", f"must be one of {', '.join(AccountType.values)}")
        problems.refuse()
        return account


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """`PATCH /v1/accounts/{code}`: new values by column, and the floor as sent: its currency is the account's."""

    values: Mapping[str, Any]
    changes_floor: bool
    floor_text: Any

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "AccountChanges":
        """Read the body. :raises InvalidRequest: a field is invalid, or one of `FIXED`."""
        problems, values = Problems(), dict[str, Any]()
        for field in sorted(body.keys() & FIXED):
            problems.add(f"/{field}", "cannot be changed")
        if "name" in body:
            values["name"] = problems.required(body, "name", MAX_NAME)
        if "status" in body:
            values["status"] = body["status"]
            if body["status"] not in AccountStatus.values:
                problems.add("/status", f"must be one of {', '.join(AccountStatus.values)}")
        if "metadata" in body:
            values["metadata"] = problems.metadata(body)
        problems.refuse()
        return cls(values, "floor" in body, body.get("floor"))

    def values_for(self, currency: str) -> dict[str, Any]:
        """Return new values by column; the floor in minor units.

        :raises InvalidRequest: the floor is no amount in this currency.
        """
        if not self.changes_floor:
            return dict(self.values)
        floor = None
        if self.floor_text is not None:
            problems = Problems()
            floor = read_amount(problems, "/floor", self.floor_text, currency)
            problems.refuse()
        return {**self.values, "floor_minor": floor}


def read_amount(problems: Problems, pointer: str, value: Any, currency: str) -> int:
    """Read an amount, text or number, in minor units; 0 and a problem when it is invalid."""
    if type(value) is Number:
        value = value[1:-1]
    if not isinstance(value, str | int) or isinstance(value, bool):
        problems.add(pointer, 'must be a decimal, like "10.00"')
        return 0
    try:
        if isinstance(value, str) and (
            len(value) > 40 or not value.isascii() or "_" in value or value != value.strip()
        ):
            raise MoneyError("is not a decimal number")
        return to_minor(value, currency)
    except MoneyError as error:
        problems.add(pointer, str(error))
        return 0


def _is_code(code: str) -> bool:
    trimmed = code.isprintable() and code == code.strip() and not code.endswith("/")
    return trimmed and not ("/" in code and code.rsplit("/", 1)[1] in _RESERVED)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict | list):
        children = value.values() if isinstance(value, dict) else value
        return all(_is_plain(child) for child in children)
    if isinstance(value, int):
        return abs(value) <= _MAX_WHOLE
    return type(value) is not Number
