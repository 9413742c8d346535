"""`POST /v1/transfers`: once per key, balanced in every currency, on an open day; or refused with a reason."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ledger.periods import calendar_of, periods
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.telemetry import metrics
from tests.conftest import Shop, open_shop
from tests.scenes.round_trips import counted
from tests.scenes.transfers import balances, change, entry, move, open_account, open_accounts, transfer


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with two accounts."""
    open_accounts(shop, "A", "B")
    return shop


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem, which must be this one."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.content
    problem: dict[str, Any] = answer.json()
    return problem


def posted(result: str) -> float:
    """How many journals were counted with this result."""
    return float(metrics.ledger_transactions.labels(result)._value.get())


def test_a_transfer_is_posted(shop: Shop) -> None:
    before = posted("ok")
    answer = shop.post("/v1/transfers", transfer(memo="rent", value_date="2026-02-25"))
    assert answer.status_code == 201
    assert set(answer.json()) == {"journal_id", "status", "created_at"}
    assert answer.json()["status"] == "applied"
    assert balances(shop) == {"A": 1000, "B": -1000}
    ((kind, source, day),) = shop.rows("SELECT kind, source, business_date FROM journals WHERE tenant_id = %s")
    assert (kind, source, day) == ("TRANSFER", "transfer", date(2026, 2, 25))
    assert posted("ok") == before + 1


def test_a_repeat_is_the_same_journal(shop: Shop) -> None:
    body = transfer()
    first = shop.post("/v1/transfers", body)
    again = shop.post("/v1/transfers", body)
    assert (again.status_code, again.json()) == (200, first.json() | {"status": "duplicate"})
    assert shop.number("journals") == 1


def test_the_same_amount_spelt_otherwise_is_the_same_request(shop: Shop) -> None:
    first = transfer(entry("A", "10.00"), entry("B", "-10.00"), idempotency_key="k")
    assert shop.post("/v1/transfers", first).status_code == 201
    other = transfer(entry("A", 10), entry("B", "-10.0"), idempotency_key="k")
    assert shop.post("/v1/transfers", other).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"memo": "other"},
        {"value_date": "2026-02-25"},
        {"metadata": {"a": 1}},
        {"entries": [entry("A", 5), entry("B", -5)]},
    ],
)
def test_a_key_with_another_body_is_refused(shop: Shop, changes: dict[str, Any]) -> None:
    body = transfer()
    assert shop.post("/v1/transfers", body).status_code == 201
    refused(shop.post("/v1/transfers", body | changes), 422, "IDEMPOTENCY_KEY_REUSED")
    assert shop.number("journals") == 1


def test_a_repeat_is_answered_although_its_day_is_closed_and_its_account_blocked(shop: Shop) -> None:
    body = transfer(value_date="2026-02-25")
    assert shop.post("/v1/transfers", body).status_code == 201
    seal(shop, date(2026, 2, 25))
    assert change(shop, "A", status="blocked").status_code == 200
    assert shop.post("/v1/transfers", body).status_code == 200


@pytest.mark.parametrize("header", ["HTTP_X_IDEMPOTENCY_KEY", "HTTP_IDEMPOTENCY_KEY"])
def test_the_key_may_come_in_a_header(shop: Shop, header: str) -> None:
    body = transfer(idempotency_key=None, client_id=None)
    assert shop.post("/v1/transfers", body, **{header: "k-1"}).status_code == 201
    assert shop.post("/v1/transfers", body, **{header: "k-1"}).status_code == 200
    assert shop.rows("SELECT idempotency_key FROM transfers WHERE tenant_id = %s") == [("k-1",)]


def test_clients_have_keys_of_their_own(shop: Shop) -> None:
    for client in ("one", "two"):
        assert shop.post("/v1/transfers", transfer(client_id=client, idempotency_key="k")).status_code == 201
    assert balances(shop) == {"A": 2000, "B": -2000}


@pytest.mark.parametrize("key", [None, "", " k", "k\n", "x" * 201, 5, "a\u200bb"])
def test_without_a_usable_key_nothing_happens(shop: Shop, key: Any) -> None:
    refused(shop.post("/v1/transfers", transfer() | {"idempotency_key": key}), 400, "IDEMPOTENCY_KEY_REQUIRED")
    assert shop.number("journals") == 0


def test_two_keys_that_differ_are_none(shop: Shop) -> None:
    answer = shop.post("/v1/transfers", transfer(idempotency_key="a"), HTTP_X_IDEMPOTENCY_KEY="b")
    refused(answer, 400, "IDEMPOTENCY_KEY_REQUIRED")


def test_several_currencies_balance_one_by_one(shop: Shop) -> None:
    open_account(shop, "C", ccy="JPY")
    open_account(shop, "D", ccy="JPY")
    both = [entry("A", "1.50"), entry("B", "-1.50"), entry("C", "300", "JPY"), entry("D", "-300", "JPY")]
    assert shop.post("/v1/transfers", transfer(*both)).status_code == 201
    assert balances(shop) == {"A": 150, "B": -150, "C": 300, "D": -300}


def test_one_account_may_stand_on_both_sides(shop: Shop) -> None:
    assert shop.post("/v1/transfers", transfer(entry("A", 5), entry("A", -5))).status_code == 201


BAD_ENTRIES: dict[str, list[Any]] = {
    "off by one": [entry("A", "10.01"), entry("B", "-10.00")],
    "one entry": [entry("A", "10.00")],
    "no entry": [],
    "zero": [entry("A", "0.00"), entry("B", "0")],
    "a zero among others": [entry("A", 1), entry("B", -1), entry("A", 0)],
    "sum across currencies": [entry("A", "10.00"), entry("B", "-10.00", "EUR")],
    "more decimals than dollars have": [entry("A", "10.001"), entry("B", "-10.001")],
    "decimals of yen": [entry("A", "1.5", "JPY"), entry("B", "-1.5", "JPY")],
    "NaN as text": [entry("A", "NaN"), entry("B", "NaN")],
    "infinite": [entry("A", "Infinity"), entry("B", "-Infinity")],
    "huge": [entry("A", "1e30"), entry("B", "-1e30")],
    "huge number": [entry("A", 10**30), entry("B", -(10**30))],
    "spaces": [entry("A", " 10"), entry("B", "-10")],
    "underscores": [entry("A", "1_0"), entry("B", "-10")],
    "digits of another script": [entry("A", "١٠"), entry("B", "-10")],
    "true": [entry("A", True), entry("B", -1)],
    "nothing": [entry("A", None), entry("B", None)],
    "a list": [entry("A", [1]), entry("B", -1)],
    "no account": [entry("", 1), entry("B", -1)],
    "unknown account": [entry("nobody", 1), entry("B", -1)],
    "wrong currency for the account": [entry("A", 1, "EUR"), entry("B", -1, "EUR")],
    "unknown currency": [entry("A", 1, "XXX"), entry("B", -1, "XXX")],
    "no object": ["A", "B"],
}


@pytest.mark.parametrize("entries", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_entries_that_make_no_transfer_are_refused(shop: Shop, entries: list[Any]) -> None:
    problem = refused(shop.post("/v1/transfers", transfer() | {"entries": entries}), 400, "INVALID_REQUEST")
    assert all(set(error) == {"pointer", "message"} for error in problem["errors"])
    assert problem["errors"][0]["pointer"].startswith("/entries")
    assert shop.number("journals") == shop.number("transfers") == 0


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "far future": {"value_date": (timezone.now().date() + timedelta(days=400)).isoformat()},
    "last century": {"value_date": "1999-12-31"},
    "no date": {"value_date": "2026-02-30"},
    "a week": {"value_date": "2026-W09-3"},
    "an instant": {"value_date": "2026-02-25T10:00:00Z"},
    "a number": {"value_date": 20260225},
    "long memo": {"memo": "x" * 1001},
    "no text": {"memo": 5},
    "metadata is a list": {"metadata": [1]},
    "a decimal in metadata": {"metadata": {"rate": 1.5}},
    "a number beyond all in metadata": {"metadata": {"n": 10**40}},
    "entries are no list": {"entries": "A"},
    "client is a number": {"client_id": 7},
}


@pytest.mark.parametrize("fields", BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_fields_of_the_wrong_shape_are_refused(shop: Shop, fields: dict[str, Any]) -> None:
    refused(shop.post("/v1/transfers", transfer() | fields), 400, "INVALID_REQUEST")
    assert shop.number("journals") == 0


BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"{", 400, "MALFORMED_JSON"),
    "a list": (b"[]", 400, "MALFORMED_JSON"),
    "NaN": (b'{"entries": [NaN]}', 400, "MALFORMED_JSON"),
    "twice": (b'{"memo": "a", "memo": "b"}', 400, "MALFORMED_JSON"),
    "deep": (b'{"memo": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "MALFORMED_JSON"),
    "NUL": (rb'{"memo": "a\u0000b"}', 400, "MALFORMED_JSON"),
    "no UTF-8": (b'{"memo": "\xff"}', 400, "MALFORMED_JSON"),
    "a card number": (b'{"memo": "4111 1111 1111 1111"}', 422, "PAN_DETECTED"),
    "another tenant": (b'{"tenant_id": "somebody"}', 403, "TENANT_MISMATCH"),
    "large": (b'{"memo": "' + b"x" * 1024 * 1024 + b'"}', 413, "TOO_LARGE"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_read_is_refused(shop: Shop, body: bytes, status: int, code: str) -> None:
    refused(shop.post("/v1/transfers", body), status, code)


def test_another_media_type_is_refused(shop: Shop) -> None:
    answer = shop.post("/v1/transfers", transfer(), content_type="text/plain")
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("status", ["blocked", "closed"])
def test_an_account_that_is_not_active_takes_nothing(shop: Shop, status: str) -> None:
    assert change(shop, "B", status=status).status_code == 200
    problem = refused(shop.post("/v1/transfers", transfer()), 409, "ACCOUNT_NOT_ACTIVE")
    assert problem["errors"] == [{"pointer": "/entries/1/account_code", "message": f"B is {status}"}]


def test_an_account_of_another_tenant_is_unknown(shop: Shop) -> None:
    other = open_shop()
    open_account(other, "THEIRS")
    problem = refused(move(shop, "A", "THEIRS", "1"), 400, "INVALID_REQUEST")
    assert problem["errors"][0]["message"] == "THEIRS is no account of yours"


def seal(shop: Shop, day: date) -> None:
    """Close a day."""
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, day, now=timezone.now())


@pytest.mark.parametrize("days", [0, -1, -400])
def test_nothing_is_posted_on_or_before_a_closed_day(shop: Shop, days: int) -> None:
    closed = date(2026, 2, 25)
    assert shop.post("/v1/transfers", transfer(value_date=closed.isoformat())).status_code == 201
    seal(shop, closed)
    day = (closed + timedelta(days=days)).isoformat()
    refused(shop.post("/v1/transfers", transfer(value_date=day)), 409, "DAY_CLOSED")
    assert shop.post("/v1/transfers", transfer(value_date="2026-02-26")).status_code == 201


def test_no_value_date_means_today_even_when_today_is_closed(shop: Shop) -> None:
    assert shop.post("/v1/transfers", transfer() | {"value_date": None}).status_code == 201
    today = calendar_of(shop.tenant.id).day_of(timezone.now())
    assert shop.rows("SELECT DISTINCT business_date FROM journals WHERE tenant_id = %s") == [(today,)]
    seal(shop, today)
    refused(shop.post("/v1/transfers", transfer()), 409, "DAY_CLOSED")


def test_a_dry_run_leaves_no_trace(shop: Shop) -> None:
    tables = ("journals", "postings", "transfers", "periods", "audit_log")
    before = [shop.number(table) for table in tables]
    body = transfer()
    answer = shop.post("/v1/transfers?dry_run=true", body)
    assert (answer.status_code, answer.json()["status"], answer.json()["journal_id"]) == (200, "dry_run", None)
    assert [shop.number(table) for table in tables] == before
    first = shop.post("/v1/transfers", body).json()
    assert shop.post("/v1/transfers?dry_run=true", body).json() == first | {"status": "duplicate"}


def test_a_dry_run_is_refused_as_the_transfer_would_be(shop: Shop) -> None:
    assert change(shop, "B", floor="0.00").status_code == 200
    refused(shop.post("/v1/transfers?dry_run=true", transfer()), 409, "INSUFFICIENT_FUNDS")
    refused(shop.post("/v1/transfers?dry_run=perhaps", transfer()), 400, "INVALID_PARAMETER")


def test_a_transfer_is_one_round_trip_when_its_day_is_open(shop: Shop) -> None:
    assert shop.post("/v1/transfers", transfer()).status_code == 201
    assert shop.post("/v1/transfers", transfer()).status_code == 201
    connection.ensure_connection()
    with counted() as trips:
        assert shop.post("/v1/transfers", transfer()).status_code == 201
    assert trips.number == 1


def test_a_revoked_key_moves_nothing(shop: Shop) -> None:
    assert shop.post("/v1/transfers", transfer()).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s", [shop.tenant.id])
    refused(shop.post("/v1/transfers", transfer()), 401, "NOT_AUTHENTICATED")
    assert shop.number("journals") == 1


# ── Bulk ────────────────────────────────────────────────────────────────────────────────────────
def test_a_bulk_is_posted_whole_and_once(shop: Shop) -> None:
    bulk = {"transfers": [transfer() for _ in range(20)]}
    bulk["transfers"].append(bulk["transfers"][0])
    answer = shop.post("/v1/transfers/bulk", bulk)
    assert (answer.status_code, answer.json()["counts"]) == (201, {"applied": 20, "duplicate": 1})
    assert answer.json()["results"][20]["journal_id"] == answer.json()["results"][0]["journal_id"]
    again = shop.post("/v1/transfers/bulk", {"transfers": [*bulk["transfers"], transfer()]})
    assert (again.status_code, again.json()["counts"]) == (201, {"applied": 1, "duplicate": 21})
    assert balances(shop) == {"A": 21000, "B": -21000}


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (transfer(entry("A", 1), entry("nobody", -1)), 400),
        (transfer(entry("A", 1), entry("B", -2)), 400),
        (transfer(idempotency_key="taken", memo="another"), 422),
        (transfer(idempotency_key="first", memo="another"), 422),
        (transfer(entry("A", 1), entry("floored", -1)), 409),
    ],
)
def test_one_that_is_refused_leaves_nothing_of_a_bulk(shop: Shop, last: dict[str, Any], status: int) -> None:
    open_account(shop, "floored")
    assert change(shop, "floored", floor=0).status_code == 200
    assert shop.post("/v1/transfers", transfer(idempotency_key="taken")).status_code == 201
    answer = shop.post("/v1/transfers/bulk", {"transfers": [transfer(idempotency_key="first"), last]})
    assert answer.status_code == status
    for error in answer.json().get("errors", []):
        assert error["pointer"].startswith("/transfers/1/")
    assert shop.number("journals") == 1


@pytest.mark.parametrize("transfers", [[], None, "x", [5], [transfer()] * 501])
def test_a_bulk_has_one_to_five_hundred_transfers(shop: Shop, transfers: Any) -> None:
    refused(shop.post("/v1/transfers/bulk", json.dumps({"transfers": transfers}).encode()), 400, "INVALID_REQUEST")
