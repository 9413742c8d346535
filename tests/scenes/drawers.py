"""What tests of drawers do over and over: open one, move money through it, count it, close it."""

import itertools
from typing import Any

from tests.conftest import Shop

_numbers = itertools.count(1)
FLOAT = 10_000


def command(shop: Shop, path: str, body: dict[str, Any], key: str = "") -> Any:
    """A money command under a key of its own, unless told otherwise."""
    return shop.post(f"/v1/pos/{path}", body, HTTP_X_IDEMPOTENCY_KEY=key or f"key-{next(_numbers)}")


def open_drawer(shop: Shop, register: str = "till-1", cash: Any = FLOAT, **more: Any) -> int:
    """Open a drawer of store-1. :returns: its id."""
    answer = command(shop, "ledgers", {"store_id": "store-1", "register_id": register, "starting_cash": cash} | more)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def transact(shop: Shop, drawer: int, kind: str, amount: Any, **more: Any) -> Any:
    """One transaction; cash of order o-1 unless told otherwise."""
    body = {"ledger_id": drawer, "type": kind, "amount": amount, "method": "CASH", "order_id": "o-1"} | more
    return command(shop, "transactions", {name: value for name, value in body.items() if value is not None})


def done(shop: Shop, drawer: int, kind: str, amount: int, **more: Any) -> dict[str, Any]:
    """A transaction that must succeed."""
    answer = transact(shop, drawer, kind, amount, **more)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def count(shop: Shop, drawer: int, cash: Any, **more: Any) -> Any:
    """Count a drawer."""
    return command(shop, f"ledgers/{drawer}/count", {"actual_cash": cash} | more)


def close(shop: Shop, drawer: int, cash: Any, **more: Any) -> Any:
    """Close a drawer."""
    return command(shop, f"ledgers/{drawer}/close", {"actual_cash": cash} | more)


def shown(shop: Shop, drawer: int, part: str = "") -> dict[str, Any]:
    """The drawer, or one of its reports."""
    answer = shop.get(f"/v1/pos/ledgers/{drawer}{part and '/'}{part}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def cash_sale(shop: Shop, event_id: str, amount: str = "5.00", register: str | None = "till-1", **changes: Any) -> Any:
    """A cash sale that arrives as an event."""
    event = shop.sale(
        event_id,
        register_id=register,
        total_amount=amount,
        line_items=None,
        tax_lines=None,
        tenders=[{"method": "CASH", "amount": amount}],
    )
    return shop.send(event | changes)


def balances(shop: Shop) -> dict[str, int]:
    """Balances that are not zero, by role of the account."""
    found: Any = shop.rows(
        "SELECT a.role, sum(p.amount_minor)::bigint FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s GROUP BY 1 HAVING sum(p.amount_minor) <> 0"
    )
    return dict(found)


def flows(shop: Shop, drawer: int) -> list[tuple[str, str, int, bool]]:
    """(type, method, cash, is late) of a drawer's flows, in the order they were made."""
    found: Any = shop.rows(
        "SELECT type, method, cash_minor, is_late FROM financial_transactions WHERE tenant_id = %s AND drawer_id = %s"
        " ORDER BY id",
        drawer,
    )
    return list(found)
