"""What tests of foreign currency do over and over: record rates, open accounts of two currencies, settle."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.conftest import Shop
from tests.scenes.transfers import open_account

_numbers = itertools.count(1)
#: When the rates of these tests begin to hold, unless they say otherwise: recent enough to be used now.
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)


def put(shop: Shop, body: Any) -> Any:
    """`PUT /v1/fx/rates`."""
    how: dict[str, Any] = {"content_type": "application/json", **shop.auth}
    return shop.client.put("/v1/fx/rates", data=body if isinstance(body, bytes) else json.dumps(body), **how)


def quote(shop: Shop, pair: str = "EUR/USD", rate: Any = "1.0832", valid_from: Any = None) -> dict[str, Any]:
    """Record a rate that must be taken: it holds from yesterday on, unless told otherwise."""
    answer = put(shop, {"pair": pair, "rate": rate, "valid_from": valid_from or YESTERDAY.isoformat()})
    assert answer.status_code in {200, 201}, answer.content
    found: dict[str, Any] = answer.json()
    return found


def open_banks(shop: Shop, *currencies: str) -> None:
    """An account `BANK:XXX` in each currency."""
    for currency in currencies or ("USD", "EUR"):
        open_account(shop, f"BANK:{currency}", ccy=currency)


def settlement(
    source: str = "BANK:EUR", target: str = "BANK:USD", amount: Any = "100.00", **more: Any
) -> dict[str, Any]:
    """A settlement of 100 euros into dollars, unless told otherwise; a change of None leaves the field out."""
    body = {"idempotency_key": f"fx-{next(_numbers)}", "from_account": source, "to_account": target, "amount": amount}
    return {name: value for name, value in (body | more).items() if value is not None}


def settle(shop: Shop, *args: Any, **more: Any) -> Any:
    """`POST /v1/fx/settlements`."""
    return shop.post("/v1/fx/settlements", settlement(*args, **more))


def half_up(exact: Fraction) -> int:
    """What a conversion must come to: the nearest whole number, a half away from zero."""
    rounded = (2 * abs(exact) + 1) // 2
    return int(-rounded if exact < 0 else rounded)
