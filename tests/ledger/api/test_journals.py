"""Journals over HTTP: found, shown with their lines, and undone once."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop, open_shop
from tests.scenes.transfers import balances, change, entry, move, open_accounts, transfer


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with two accounts."""
    open_accounts(shop, "A", "B", "C")
    return shop


def reverse(shop: Shop, journal: int, key: str | None = "undo-1", **body: Any) -> Any:
    """`POST /v1/journals/{id}/reverse`."""
    headers = {"HTTP_X_IDEMPOTENCY_KEY": key} if key else {}
    return shop.post(f"/v1/journals/{journal}/reverse", body, **headers)


def test_a_journal_is_shown_with_what_was_said_about_it(shop: Shop) -> None:
    body = transfer(
        entry("A", "10.00", memo="in"), entry("B", "-10.00"),
        memo="rent", metadata={"order": 7}, idempotency_key="k-7", value_date="2026-02-25",
    )  # fmt: skip
    number = shop.post("/v1/transfers", body).json()["journal_id"]
    body = shop.get(f"/v1/journals/{number}").json()
    assert body["entries"] == [
        {"account_code": "A", "amount": "10.00", "ccy": "USD", "memo": "in"},
        {"account_code": "B", "amount": "-10.00", "ccy": "USD", "memo": None},
    ]
    assert (body["memo"], body["metadata"], body["value_date"]) == ("rent", {"order": 7}, "2026-02-25")
    assert (body["client_id"], body["idempotency_key"], body["external_ref"]) == ("erp", "k-7", "k-7")
    assert body["created_at"] > body["value_date"]
    assert (body["reverses"], body["reversed_by"]) == (None, None)


def test_the_journal_of_a_sale_is_shown_too(shop: Shop) -> None:
    number = shop.send(shop.sale()).json()["journal_id"]
    body = shop.get(f"/v1/journals/{number}").json()
    assert (body["source"], body["source_key"], body["client_id"]) == ("event", "evt-1", None)
    assert len(body["entries"]) == 4


def test_journals_are_found_by_day_account_and_reference_page_by_page(shop: Shop) -> None:
    for day, to, reference in ((25, "A", "x"), (26, "C", "y"), (27, "A", "z")):
        assert move(shop, to, "B", "1", value_date=f"2026-02-{day}", external_ref=reference).status_code == 201

    def references(**filters: Any) -> list[str]:
        return [item["external_ref"] for item in shop.get("/v1/journals", **filters).json()["items"]]

    assert references() == ["z", "y", "x"]
    assert references(**{"from": "2026-02-26"}) == ["z", "y"]
    assert references(**{"from": "2026-02-26", "to": "2026-02-26"}) == ["y"]
    assert references(account="A") == ["z", "x"]
    assert references(account="nobody") == []
    assert references(external_ref="y") == ["y"]
    first = shop.get("/v1/journals", limit=2).json()
    assert references(limit=2, cursor=first["next_cursor"]) == ["x"]
    for wrong in ({"from": "soon"}, {"cursor": "x"}, {"limit": 0}, {"account": "\x00"}):
        assert shop.get("/v1/journals", **wrong).status_code == 400


def test_a_foreign_journal_answers_like_an_absent_one(shop: Shop) -> None:
    other = open_shop()
    open_accounts(other, "A", "B")
    theirs = other.post("/v1/transfers", transfer()).json()["journal_id"]
    for number in (theirs, 10**17, 10**30, "x", "-1"):
        answers = shop.get(f"/v1/journals/{number}"), reverse(shop, number)  # type: ignore[arg-type]
        assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
            (404, "There is no such journal.")
        }
    assert shop.get("/v1/journals").json()["items"] == []


def test_a_transfer_is_undone_once_and_linked(shop: Shop) -> None:
    number = shop.post("/v1/transfers", transfer()).json()["journal_id"]
    undone = reverse(shop, number, memo="mistake")
    assert (undone.status_code, undone.json()["status"], undone.json()["reverses"]) == (201, "applied", number)
    assert balances(shop) == {}
    reversal = undone.json()["journal_id"]
    assert shop.get(f"/v1/journals/{number}").json()["reversed_by"] == reversal
    body = shop.get(f"/v1/journals/{reversal}").json()
    assert (body["reverses"], body["kind"], body["memo"]) == (number, "REVERSAL", "mistake")
    again = reverse(shop, number, memo="mistake")
    assert (again.status_code, again.json()) == (200, undone.json() | {"status": "duplicate"})
    assert reverse(shop, number, "undo-2").json()["code"] == "ALREADY_REVERSED"
    assert reverse(shop, number, memo="other").json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert reverse(shop, reversal, "undo-3").json()["code"] == "NOT_REVERSIBLE"
    assert shop.number("journals") == 2


def test_a_reversal_needs_a_key(shop: Shop) -> None:
    number = shop.post("/v1/transfers", transfer()).json()["journal_id"]
    assert reverse(shop, number, None).json()["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    assert reverse(shop, number, memo=5).json()["code"] == "INVALID_REQUEST"
    assert reverse(shop, number, value_date="2099-01-01").json()["code"] == "INVALID_REQUEST"


def test_the_journal_of_an_event_is_undone_by_deciding_the_event(shop: Shop) -> None:
    number = shop.send(shop.sale()).json()["journal_id"]
    refused = reverse(shop, number)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_REVERSIBLE")
    assert "exception" in refused.json()["detail"]


def test_a_reversal_is_refused_by_closed_days_blocked_accounts_and_floors(shop: Shop) -> None:
    number = shop.post("/v1/transfers", transfer(value_date="2026-02-25")).json()["journal_id"]
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, date(2026, 2, 25), now=timezone.now())
    assert reverse(shop, number, value_date="2026-02-25").json()["code"] == "DAY_CLOSED"
    assert change(shop, "A", floor="10").status_code == 200
    assert reverse(shop, number).json()["code"] == "INSUFFICIENT_FUNDS"
    assert change(shop, "A", floor=None, status="blocked").status_code == 200
    assert reverse(shop, number).json()["code"] == "ACCOUNT_NOT_ACTIVE"
    assert change(shop, "A", status="active").status_code == 200
    assert reverse(shop, number).status_code == 201
