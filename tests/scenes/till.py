"""What a test looks at after an answer: bronze, the gate, the inbox and the books of one tenant."""

import json
from typing import Any

from ledgersafe.tenants import authentication
from tests.conftest import Shop

SIX_KEYS = ("tenant_id", "idempotency_key", "raw_id", "result", "exception_id", "reason_code")
#: What a plain sale of `Shop.sale` does to the books, in minor units.
SALE_OF_4250 = {
    "CARD-CLEARING:stripe:USD": 2250,
    "DRAWER:store-1/till-1:USD": 2000,
    "SALES-TAX:VAT/0.2:USD": -400,
    "SALES:USD": -3850,
}


def bronze(shop: Shop, raw_id: int) -> bytes:
    """The bytes kept of one arrival."""
    ((body,),) = shop.rows("SELECT raw_body FROM events_raw WHERE tenant_id = %s AND id = %s", raw_id)
    return bytes(body)


def gate(shop: Shop, event_id: str) -> tuple[Any, ...] | None:
    """Status, arrivals, last error code and journal of a key, or None."""
    found = shop.rows(
        "SELECT status, arrivals, last_error_code, journal_id FROM events_processed"
        " WHERE tenant_id = %s AND idempotency_key = %s",
        event_id,
    )
    return found[0] if found else None


def books(shop: Shop) -> dict[str, int]:
    """Every account's balance in minor units, zero ones left out."""
    found = shop.rows(
        "SELECT a.code, sum(p.amount_minor)::bigint FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s GROUP BY a.code HAVING sum(p.amount_minor) <> 0"
    )
    return dict(found)


def open_cases(shop: Shop) -> list[tuple[str, str]]:
    """(key, reason code) of what is held."""
    return [
        (key, reason)
        for key, reason in shop.rows(
            "SELECT idempotency_key, reason_code FROM exceptions WHERE tenant_id = %s AND status = 'open'"
            " ORDER BY created_at, id"
        )
    ]


def assert_answer(answer: Any, status: int, result: str, reason: str | None = None) -> dict[str, Any]:
    """An answer of the contract's table, with its six keys. :returns: its body."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body.get("result"), body.get("reason_code")) == (status, result, reason), body
    assert answer.headers["Content-Type"] == "application/json"
    assert set(SIX_KEYS) <= body.keys()
    assert (body["exception_id"] is not None) == (result == "quarantined")
    return body


def assert_problem(answer: Any, status: int, code: str | None = None) -> dict[str, Any]:
    """An RFC 9457 problem. :returns: its body."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == status
    assert body["code"] == body["code"].upper()
    if code is not None:
        assert body["code"] == code
    text = answer.content.decode()
    for leak in ("Traceback", "psycopg", "File \\", "SELECT ", "INSERT ", "<html"):
        assert leak not in text
    return body


def assert_kept(shop: Shop, answer: Any, sent: bytes) -> None:
    """The arrival of this answer is in bronze, byte for byte."""
    assert bronze(shop, answer.json()["raw_id"]) == sent


def assert_nothing_posted(shop: Shop) -> None:
    """Bronze apart, the arrival left no trace in the books."""
    assert shop.number("journals") == 0
    assert shop.number("postings") == 0


def raw(event: dict[str, Any]) -> bytes:
    """As a till would write it."""
    return json.dumps(event).encode()


def remember(shop: Shop) -> None:
    """Let this process remember the shop's key, as after any event of it."""
    assert authentication.authenticate(shop.key, fresh=False) is not None
