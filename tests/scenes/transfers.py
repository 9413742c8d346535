"""What tests of the books do over and over: open accounts, move money between them, look at balances."""

import itertools
from typing import Any
from urllib.parse import quote

from tests.conftest import Shop

_numbers = itertools.count(1)


def open_account(shop: Shop, code: str, kind: str = "ASSET", ccy: str = "USD") -> dict[str, Any]:
    """`POST /v1/accounts`."""
    answer = shop.post("/v1/accounts", {"code": code, "name": f"The {code}", "ccy": ccy, "type": kind})
    assert answer.status_code == 201, answer.content
    opened: dict[str, Any] = answer.json()
    return opened


def open_accounts(shop: Shop, *codes: str) -> None:
    """Several assets in dollars."""
    for code in codes:
        open_account(shop, code)


def change(shop: Shop, account: str, /, **changes: Any) -> Any:
    """`PATCH /v1/accounts/{code}`."""
    how: dict[str, Any] = {"content_type": "application/json", **shop.auth}
    return shop.client.patch(f"/v1/accounts/{quote(account, safe='')}", data=changes, **how)


def entry(code: str, amount: Any, ccy: str = "USD", **more: Any) -> dict[str, Any]:
    """One entry."""
    return {"account_code": code, "amount": amount, "ccy": ccy} | more


def transfer(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A transfer of 10.00 from B to A, unless told otherwise; a change of None leaves the field out."""
    body: dict[str, Any] = {
        "client_id": "erp",
        "idempotency_key": f"key-{next(_numbers)}",
        "entries": list(entries) or [entry("A", "10.00"), entry("B", "-10.00")],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def move(shop: Shop, to: str, source: str, amount: str, **changes: Any) -> Any:
    """Send a transfer of an amount from an account to another."""
    return shop.post("/v1/transfers", transfer(entry(to, amount), entry(source, f"-{amount}"), **changes))


def balances(shop: Shop) -> dict[str, int]:
    """Every account's balance in minor units, zero ones left out."""
    found: Any = shop.rows(
        "SELECT a.code, sum(p.amount_minor)::bigint FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s GROUP BY a.code HAVING sum(p.amount_minor) <> 0"
    )
    return dict(found)
