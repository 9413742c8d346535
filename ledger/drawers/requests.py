"""Read requests about drawers into values; amounts are integers of minor units. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.accounts import Problems
from ledger.models import FlowType, Method
from ledger.models.flow_types import REQUESTABLE
from ledgersafe.values.money import MAX_MINOR, is_currency

MAX_PLACE: Final = 64
MAX_REFERENCE: Final = 200
MAX_NOTES: Final = 4_000
_MAX_PIECES: Final = 10**9
#: Types that move cash only.
_CASH_ONLY: Final = frozenset({FlowType.PAYOUT, FlowType.CASH_IN, FlowType.CASH_OUT})
#: Types that name an order.
_OF_AN_ORDER: Final = frozenset({FlowType.SALE, FlowType.REFUND})


@dataclass(frozen=True, slots=True)
class NewDrawer:
    """`POST /v1/pos/ledgers`. An empty `currency` is the tenant's."""

    store_code: str
    register_code: str
    starting_cash_minor: int
    currency: str = ""
    is_blind: bool = False

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "NewDrawer":
        """Read the body. :raises ledger.accounts.requests.InvalidRequest: a field is missing or invalid."""
        problems = Problems()
        drawer = cls(
            store_code=_place(body, "store_id", problems),
            register_code=_place(body, "register_id", problems),
            starting_cash_minor=_minor(body, "starting_cash", problems, least=0),
            currency=_currency(body, problems),
            is_blind=_flag(body, "blind", problems),
        )
        problems.refuse()
        return drawer


@dataclass(frozen=True, slots=True)
class Count:
    """Counted cash in minor units, in total and optionally by denomination: `{face value: number of pieces}`."""

    actual_cash_minor: int
    denominations: dict[str, int] | None = None
    notes: str = ""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Count":
        """Read `POST …/count` and `…/close`.

        :raises ledger.accounts.requests.InvalidRequest: a field is invalid, or the pieces do not come to the total.
        """
        problems = Problems()
        actual = _minor(body, "actual_cash", problems, least=0)
        pieces = _denominations(body.get("denominations"), problems)
        if pieces is not None and not problems.items and _worth(pieces) != actual:
            problems.add("/denominations", f"must come to actual_cash; the pieces come to {_worth(pieces)}")
        notes = _text(body, "notes", MAX_NOTES, problems, is_line=False)
        problems.refuse()
        return cls(actual, pieces, notes)


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """`POST /v1/pos/transactions`. An empty `currency` is the drawer's."""

    drawer_id: int
    type: FlowType
    method: Method
    amount_minor: int
    order_id: str = ""
    external_reference: str = ""
    currency: str = ""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "NewTransaction":
        """Read the body. :raises ledger.accounts.requests.InvalidRequest: a field is missing or invalid."""
        problems = Problems()
        kind = _choice(body, "type", [str(flow_type) for flow_type in REQUESTABLE], problems)
        method = _choice(body, "method", list(Method.values), problems)
        transaction = cls(
            drawer_id=_drawer_id(body, problems),
            type=FlowType(kind or FlowType.SALE),
            method=Method(method or Method.CASH),
            amount_minor=_minor(body, "amount", problems, least=1),
            order_id=_text(body, "order_id", MAX_REFERENCE, problems),
            external_reference=_text(body, "external_reference", MAX_REFERENCE, problems),
            currency=_currency(body, problems),
        )
        if kind in _OF_AN_ORDER and not transaction.order_id and "order_id" not in _fields(problems):
            problems.add("/order_id", f"is required of a {kind}")
        if kind in _CASH_ONLY and method and method != Method.CASH:
            problems.add("/method", f"must be CASH of a {kind}")
        problems.refuse()
        return transaction


def _minor(body: Mapping[str, Any], field: str, problems: Problems, *, least: int) -> int:
    """Read minor units: a JSON integer only; `10.0`, `1e3`, text and true are refused."""
    value = body.get(field)
    if type(value) is not int or not least <= value <= MAX_MINOR:
        problems.add(f"/{field}", f"must be an integer of minor units from {least} to {MAX_MINOR}")
        return least
    return value


def _denominations(value: Any, problems: Problems) -> dict[str, int] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) > 100 or not all(_is_piece(*item) for item in value.items()):
        problems.add("/denominations", 'must be pieces by face value in minor units, like {"2000": 3}')
        return None
    return {face: value[face] for face in sorted(value, key=int, reverse=True)}


def _is_piece(face: str, number: Any) -> bool:
    is_face = face.isascii() and face.isdigit() and len(face) <= 15 and not face.startswith("0")
    return is_face and type(number) is int and 0 <= number <= _MAX_PIECES


def _worth(pieces: Mapping[str, int]) -> int:
    return sum(int(face) * number for face, number in pieces.items())


def _place(body: Mapping[str, Any], field: str, problems: Problems) -> str:
    code = problems.required(body, field, MAX_PLACE)
    if code and (not code.isprintable() or code != code.strip()) and field not in _fields(problems):
        problems.add(f"/{field}", "must be printable, without spaces around it")
    return code


def _text(body: Mapping[str, Any], field: str, longest: int, problems: Problems, *, is_line: bool = True) -> str:
    text = problems.text(body, field, longest).strip()
    if is_line and not text.isprintable():
        problems.add(f"/{field}", "must be printable")
    return text


def _flag(body: Mapping[str, Any], field: str, problems: Problems) -> bool:
    value = body.get(field, False)
    if type(value) is not bool:
        problems.add(f"/{field}", "must be true or false")
    return value is True


def _currency(body: Mapping[str, Any], problems: Problems) -> str:
    code = problems.text(body, "currency", 3)
    if code and not is_currency(code):
        problems.add("/currency", "must be a currency of ISO 4217")
    return code


def _choice(body: Mapping[str, Any], field: str, choices: list[str], problems: Problems) -> str:
    value = body.get(field)
    if value not in choices:
        problems.add(f"/{field}", f"must be one of {', '.join(choices)}")
        return ""
    return str(value)


def _drawer_id(body: Mapping[str, Any], problems: Problems) -> int:
    value = body.get("ledger_id")
    if type(value) is not int or not 0 < value < 2**63:
        problems.add("/ledger_id", "must be the id of a drawer")
        return 0
    return value


def _fields(problems: Problems) -> set[str]:
    return {problem["pointer"].lstrip("/") for problem in problems.items}
