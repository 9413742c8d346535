"""What is asked of accounts: requests read into values. Pure; what is wrong is named field by field."""

import re
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
#: The last segments of URLs below an account: a code that ended like this could not be asked for.
_RESERVED: Final = frozenset({"history", "balance", "statement", "explain"})
#: Python's Decimal reads more than that: spaces around, underscores, digits of every script.
_PLAIN: Final = re.compile(r"[0-9A-Za-z.+-]{1,40}", re.ASCII)
#: What an account is, and stays.
FIXED: Final = frozenset({"id", "code", "ccy", "type"})


class InvalidRequest(InvalidParameter):
    """The request is not valid; `errors` names every part that is wrong."""

    code = "INVALID_REQUEST"


class Problems:
    """What is wrong with a request, collected; `[{"pointer", "message"}]`."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, pointer: str, message: str) -> None:
        """One more; a pointer is RFC 6901's."""
        self.found.append({"pointer": pointer, "message": message})

    def text(self, body: Mapping[str, Any], field: str, longest: int, *, pointer: str = "", default: str = "") -> str:
        """An optional text; the default when it is left out, or wrong."""
        value = body.get(field)
        if value is None:
            return default
        if type(value) is not str or len(value) > longest:
            self.add(f"{pointer}/{field}", f"must be a text of at most {longest} characters")
            return default
        return value

    def required(self, body: Mapping[str, Any], field: str, longest: int, *, pointer: str = "") -> str:
        """A text that must not be blank."""
        value = self.text(body, field, longest, pointer=pointer)
        if not value.strip() and not any(problem["pointer"] == f"{pointer}/{field}" for problem in self.found):
            self.add(f"{pointer}/{field}", "is required")
        return value

    def metadata(self, body: Mapping[str, Any], *, pointer: str = "") -> dict[str, Any]:
        """An object of whatever the client wants to keep; decimals as text, since jsonb has no use for exactness."""
        value = body.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, dict) or not _is_plain(value):
            self.add(f"{pointer}/metadata", "must be an object; decimals and numbers above 2^53 are sent as text")
            return {}
        return value

    def refuse(self) -> None:
        """:raises InvalidRequest: something was wrong."""
        if self.found:
            first = self.found[0]
            raise InvalidRequest(f"{first['pointer']} {first['message']}.", errors=self.found)


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
        """:raises InvalidRequest: a field is missing or wrong."""
        problems = Problems()
        wanted = cls(
            code=problems.required(body, "code", MAX_CODE),
            name=problems.required(body, "name", MAX_NAME),
            currency=problems.required(body, "ccy", 3),
            type=problems.required(body, "type", 9),
            metadata=problems.metadata(body),
        )
        if wanted.code and not _is_code(wanted.code):
            problems.add(
                "/code", "must be printable, without spaces around it, not end with / nor with a reserved word"
            )
        if wanted.currency and not is_currency(wanted.currency):
            problems.add("/ccy", "must be a currency of ISO 4217")
        if wanted.type and wanted.type not in AccountType.values:
            problems.add("/type", f"must be one of {', '.join(AccountType.values)}")
        problems.refuse()
        return wanted


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """`PATCH /v1/accounts/{code}`: columns by name, and the floor as sent: its account knows the currency."""

    values: Mapping[str, Any]
    changes_floor: bool
    floor_text: Any

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "AccountChanges":
        """:raises InvalidRequest: a field is wrong, or one that never changes."""
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
        """The columns to set. :raises InvalidRequest: the floor is no amount of the account's currency."""
        if not self.changes_floor:
            return dict(self.values)
        floor = None
        if self.floor_text is not None:
            problems = Problems()
            floor = read_amount(problems, "/floor", self.floor_text, currency)
            problems.refuse()
        return {**self.values, "floor_minor": floor}


def read_amount(problems: Problems, pointer: str, value: Any, currency: str) -> int:
    """Minor units of an amount as sent, text or number; 0 when it is none, and then that is a problem."""
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
