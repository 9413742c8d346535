"""`/v1/fx/rates` and `/v1/fx/convert`: recorded for ever, the newest version counts, the last one holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.fx import YESTERDAY, put, quote


def get(shop: Shop, **parameters: Any) -> Any:
    """`GET /v1/fx/rates`."""
    return shop.get("/v1/fx/rates", **parameters)


def test_a_rate_is_recorded_and_found(shop: Shop) -> None:
    answer = put(shop, {"pair": "EUR/USD", "rate": "1.0832", "valid_from": YESTERDAY.isoformat()})
    assert answer.status_code == 201
    assert answer.json() | {"rate_id": 0, "recorded_at": ""} == {
        "rate_id": 0, "pair": "EUR/USD", "rate": "1.0832", "valid_from": f"{YESTERDAY:%Y-%m-%dT%H:%M:%SZ}",
        "version": 1, "superseded": False, "source": "api", "actor": shop.principal.actor, "recorded_at": "",
    }  # fmt: skip
    body = get(shop, pair="eurusd").json()
    assert (body["pair"], body["rate"], body["inverted"], body["stale"]) == ("EUR/USD", "1.0832", False, False)
    assert 86_000 < body["age_seconds"] < 90_000


def test_the_same_rate_again_changes_nothing(shop: Shop) -> None:
    first = quote(shop)
    answer = put(shop, {"pair": "EUR-USD", "rate": 1.08320, "valid_from": YESTERDAY.isoformat()})
    assert answer.status_code == 200
    assert answer.json() == first
    assert shop.number("fx_rates") == 1
    assert shop.rows("SELECT count(*) FROM audit_log WHERE tenant_id = %s AND action = 'ledger.fx_rate.recorded'") == [
        (1,)
    ]


def test_a_correction_is_the_next_version_and_loses_nothing(shop: Shop) -> None:
    first, second = quote(shop, rate="1.08"), quote(shop, rate="1.09")
    assert (first["version"], second["version"]) == (1, 2)
    assert get(shop, pair="EUR/USD").json()["rate"] == "1.09"
    items = get(shop, pair="EUR/USD", history="true").json()["items"]
    assert [(item["rate"], item["version"], item["superseded"]) for item in items] == [
        ("1.09", 2, False),
        ("1.08", 1, True),
    ]


def test_the_last_rate_before_the_instant_holds(shop: Shop) -> None:
    for hours, rate in ((30, "1.1"), (20, "1.2"), (10, "1.3")):
        quote(shop, rate=rate, valid_from=(datetime.now(UTC) - timedelta(hours=hours)).isoformat())
    instants = {hours: (datetime.now(UTC) - timedelta(hours=hours)).isoformat() for hours in (40, 25, 15, 1)}
    assert get(shop, pair="EUR/USD", as_of=instants[40]).status_code == 404
    assert [get(shop, pair="EUR/USD", as_of=instants[hours]).json()["rate"] for hours in (25, 15, 1)] == [
        "1.1",
        "1.2",
        "1.3",
    ]


def test_a_missing_rate_is_the_opposite_one_inverted(shop: Shop) -> None:
    quote(shop, "EUR/USD", "1.25")
    body = get(shop, pair="USD/EUR").json()
    assert (body["rate"], body["inverted"], body["recorded_pair"], body["recorded_rate"]) == (
        "0.8",
        True,
        "EUR/USD",
        "1.25",
    )
    quote(shop, "USD/EUR", "0.81")
    body = get(shop, pair="USD/EUR").json()
    assert (body["rate"], body["inverted"]) == ("0.81", False)


def test_many_rates_are_taken_together_or_not_at_all(shop: Shop) -> None:
    good = [{"pair": f"EUR/{ccy}", "rate": "1.5", "valid_from": "2026-02-25"} for ccy in ("USD", "GBP", "JPY")]
    answer = put(shop, {"rates": good})
    assert answer.status_code == 201
    assert answer.json()["counts"] == {"recorded": 3, "unchanged": 0}
    assert [item["pair"] for item in answer.json()["items"]] == ["EUR/USD", "EUR/GBP", "EUR/JPY"]
    answer = put(shop, {"rates": [{"pair": "EUR/CHF", "rate": "2"}, {"pair": "EUR/USD", "rate": "0"}]})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/rates/1/rate"]
    assert shop.number("fx_rates") == 3


def test_two_rates_of_one_pair_and_instant_are_refused(shop: Shop) -> None:
    two = [{"pair": "EUR/USD", "rate": rate, "valid_from": "2026-02-25"} for rate in ("1.1", "1.2")]
    assert put(shop, {"rates": two}).status_code == 400
    assert shop.number("fx_rates") == 0


NO_RATES: list[Any] = [0, "0", -1, "-1", "NaN", "Infinity", "1e5", "", None, True, [], "1" * 40]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("rate", value) for value in NO_RATES),
        *(("pair", value) for value in ("", "EUR", "EUR/EUR", "EUR/ZZZ", None, 7, "EUR/USD\x00")),
        *(("valid_from", value) for value in ("yesterday", "2026-02-25T10:00:00", "1999-01-01", 7, "")),
        ("valid_from", "9999-12-31T23:59:59-23:00"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused(shop: Shop, field: str, value: Any) -> None:
    body = {"pair": "EUR/USD", "rate": "1.0832", "valid_from": "2026-02-25T00:00:00Z"} | {field: value}
    answer = put(shop, body)
    assert answer.status_code == (400 if value is not None or field != "valid_from" else 201), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"rates": []}', b'{"rates": 5}', b'{"rates": [5]}', b'{"pair":"EUR/USD","rate":NaN}']
)
def test_what_is_no_request_is_refused(shop: Shop, body: bytes) -> None:
    assert put(shop, body).status_code == 400


@pytest.mark.parametrize(
    "parameters",
    [
        {"pair": "EUR"},
        {"history": "maybe"},
        {"cursor": "x"},
        *({"pair": "EUR/USD", "as_of": day} for day in ("x", "9999-12-31", "0001-01-01")),
    ],
)
def test_what_is_no_question_is_refused(shop: Shop, parameters: dict[str, str]) -> None:
    assert get(shop, **(parameters | ({"pair": "EUR/USD"} if "history" in parameters else {}))).status_code == 400


def test_the_list_has_pages(shop: Shop) -> None:
    put(shop, {"rates": [{"pair": "EUR/USD", "rate": n, "valid_from": f"2026-02-{n:02}"} for n in range(1, 8)]})
    first = get(shop, limit=5).json()
    second = get(shop, limit=5, cursor=first["next_cursor"]).json()
    assert [item["rate"] for item in first["items"] + second["items"]] == ["7", "6", "5", "4", "3", "2", "1"]
    assert second["next_cursor"] is None


def test_no_rate_is_seen_by_another_tenant(shop: Shop) -> None:
    quote(shop)
    other = open_shop()
    assert get(other, pair="EUR/USD").status_code == 404
    assert get(other).json()["items"] == []


def test_an_amount_is_converted_and_nothing_posted(shop: Shop) -> None:
    quote(shop)
    body = shop.get("/v1/fx/convert", **{"from": "eur", "to": "USD", "amount": "100.00"}).json()
    assert (body["amount"], body["converted"], body["inverted"]) == ("100.00", "108.32", False)
    body = shop.get("/v1/fx/convert", **{"from": "USD", "to": "EUR", "amount": "108.32"}).json()
    assert (body["converted"], body["inverted"]) == ("100.00", True)
    assert shop.number("journals") == 0


def test_a_missing_and_a_stale_rate_convert_nothing(shop: Shop, settings: Any) -> None:
    query = {"from": "EUR", "to": "USD", "amount": "1"}
    assert shop.get("/v1/fx/convert", **query).json()["code"] == "FX_RATE_MISSING"
    quote(shop, valid_from=(datetime.now(UTC) - timedelta(hours=73)).isoformat())
    answer = shop.get("/v1/fx/convert", **query)
    assert (answer.status_code, answer.json()["code"]) == (409, "FX_RATE_STALE")
    assert "EUR/USD" in answer.json()["detail"]
    settings.FX_MAX_RATE_AGE_HOURS = 0
    assert shop.get("/v1/fx/convert", **query).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"amount": "x"}, {"amount": "1.001"}, {"amount": ""}, {"from": "USD"}, {"to": "EUR/"}, {"from": ""}]
)
def test_what_cannot_be_converted_is_refused(shop: Shop, changes: dict[str, str]) -> None:
    assert shop.get("/v1/fx/convert", **({"from": "EUR", "to": "USD", "amount": "1"} | changes)).status_code == 400


def test_what_comes_to_more_than_the_books_take_is_refused(shop: Shop) -> None:
    quote(shop, rate="1000")
    answer = shop.get("/v1/fx/convert", **{"from": "EUR", "to": "USD", "amount": "1000000000000"})
    assert (answer.status_code, answer.json()["code"]) == (422, "AMOUNT_TOO_LARGE")
