"""`/v1/fx/settlements`: two journals through the clearing accounts, once per key, both or none."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop, open_shop
from tests.scenes.fx import YESTERDAY, open_banks, put, quote, settle, settlement
from tests.scenes.transfers import balances, change, open_account


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with a bank account in dollars and one in euros, and a rate between them."""
    open_banks(shop)
    quote(shop)
    return shop


def lines(shop: Shop, journal: int) -> list[tuple[str, str]]:
    """(account, amount) of a journal's entries."""
    entries = shop.get(f"/v1/journals/{journal}").json()["entries"]
    return [(entry["account_code"], entry["amount"]) for entry in entries]


def test_money_goes_through_the_clearing_accounts_of_both_currencies(shop: Shop) -> None:
    answer = settle(shop)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["amount"], body["converted"]) == ("applied", "100.00", "108.32")
    assert (body["pair"], body["rate"], body["inverted"]) == ("EUR/USD", "1.0832", False)
    assert lines(shop, body["source_journal_id"]) == [("FX:CLEAR:EUR", "100.00"), ("BANK:EUR", "-100.00")]
    assert lines(shop, body["target_journal_id"]) == [("BANK:USD", "108.32"), ("FX:CLEAR:USD", "-108.32")]


def test_the_opposite_rate_divides(shop: Shop) -> None:
    body = settle(shop, "BANK:USD", "BANK:EUR", "108.32").json()
    assert (body["converted"], body["inverted"], body["pair"], body["rate"]) == ("100.00", True, "EUR/USD", "1.0832")


def test_a_retry_is_a_duplicate_with_the_same_journals(shop: Shop) -> None:
    first = settle(shop, idempotency_key="one", amount="100.00").json()
    quote(shop, rate="1.2")
    again = settle(shop, idempotency_key="one", amount=100)
    assert again.status_code == 200
    assert again.json() == first | {"status": "duplicate"}
    assert balances(shop) == {"BANK:EUR": -10000, "BANK:USD": 10832, "FX:CLEAR:EUR": 10000, "FX:CLEAR:USD": -10832}


def test_the_key_may_come_in_the_header(shop: Shop) -> None:
    for status in (201, 200):
        body = settlement(idempotency_key=None)
        assert shop.post("/v1/fx/settlements", body, HTTP_X_IDEMPOTENCY_KEY="h").status_code == status


def test_another_request_under_the_key_is_refused(shop: Shop) -> None:
    assert settle(shop, idempotency_key="one").status_code == 201
    for other in ({"amount": "100.01"}, {"memo": "x"}, {"source": "BANK:USD", "target": "BANK:EUR"}):
        answer = settle(shop, idempotency_key="one", **other)
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_the_same_key_of_another_client_is_another_settlement(shop: Shop) -> None:
    assert [settle(shop, idempotency_key="one", client_id=who).status_code for who in ("a", "b")] == [201, 201]


def test_a_dry_run_leaves_nothing(shop: Shop) -> None:
    answer = shop.post("/v1/fx/settlements?dry_run=true", settlement(idempotency_key="dry"))
    assert (answer.status_code, answer.json()["status"], answer.json()["converted"]) == (200, "dry_run", "108.32")
    assert answer.json()["settlement_id"] is None
    assert shop.number("journals") == shop.number("fx_settlements") == 0
    assert settle(shop, idempotency_key="dry").status_code == 201


def test_as_of_names_the_rate_and_the_day(shop: Shop) -> None:
    for day, rate in ((24, "1.1"), (25, "1.2")):
        quote(shop, rate=rate, valid_from=f"2026-02-{day}T00:00:00Z")
    body = settle(shop, as_of="2026-02-24T12:00:00Z").json()
    assert (body["converted"], body["value_date"], body["rate_valid_from"]) == (
        "110.00",
        "2026-02-24",
        "2026-02-24T00:00:00Z",
    )
    body = settle(shop, as_of="2026-02-25").json()
    assert (body["converted"], body["value_date"]) == ("120.00", "2026-02-25")
    body = settle(shop, as_of="2026-02-24T12:00:00Z", value_date="2026-02-26").json()
    assert (body["converted"], body["value_date"]) == ("110.00", "2026-02-26")


def test_the_rate_that_was_used_is_kept_when_it_is_corrected(shop: Shop) -> None:
    number = settle(shop).json()["settlement_id"]
    quote(shop, rate="1.5")
    shown = shop.get(f"/v1/fx/settlements/{number}").json()
    assert (shown["rate"], shown["converted"]) == ("1.0832", "108.32")
    assert shop.rows("SELECT rate::text FROM fx_rates WHERE tenant_id = %s AND id = %s", shown["rate_id"])[0][
        0
    ].startswith("1.0832")


def test_a_missing_and_a_stale_rate_settle_nothing(shop: Shop) -> None:
    open_account(shop, "BANK:GBP", ccy="GBP")
    answer = settle(shop, target="BANK:GBP")
    assert (answer.status_code, answer.json()["code"]) == (409, "FX_RATE_MISSING")
    assert "EUR/GBP" in answer.json()["detail"]
    quote(shop, "EUR/GBP", "0.87", (datetime.now(UTC) - timedelta(hours=80)).isoformat())
    assert settle(shop, target="BANK:GBP").json()["code"] == "FX_RATE_STALE"
    assert shop.number("journals") == 0


def test_what_rounds_to_nothing_is_refused(shop: Shop) -> None:
    quote(shop, rate="0.4")
    answer = settle(shop, amount="0.01")
    assert (answer.status_code, answer.json()["code"]) == (422, "AMOUNT_TOO_SMALL")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        *(({"amount": value}, "/amount") for value in ("0", 0, "-1", "1.001", "x", "", None, True)),
        *(({"amount": value}, "/amount") for value in ("1e400", "NaN", "9" * 30)),
        *(({"source": value}, "/from_account") for value in ("NOWHERE", "", 5, "FX:CLEAR:EUR")),
        ({"target": "BANK:EUR"}, "/to_account"),
        ({"target": "CASH:EUR"}, "/to_account"),
        *(({"as_of": value}, "/as_of") for value in ("tomorrow", "1999-01-01", "2026-02-25T10:00:00", 7, "9000-01-01")),
        ({"as_of": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "/as_of"),
        *(({"value_date": value}, "/value_date") for value in ("x", "1999-01-01", "2999-01-01", 7)),
        ({"memo": 5}, "/memo"),
    ],
)  # fmt: skip
def test_what_is_no_settlement_is_refused(shop: Shop, changes: dict[str, Any], pointer: str) -> None:
    open_account(shop, "CASH:EUR", ccy="EUR")
    quote(shop, "EUR/GBP")
    if "FX:CLEAR" in str(changes):
        assert settle(shop).status_code == 201
    answer = settle(shop, **changes)
    assert answer.status_code == 400, answer.content
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_a_key_is_needed(shop: Shop) -> None:
    assert settle(shop, idempotency_key=None).json()["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    assert settle(shop, idempotency_key=" ").status_code == 400


def test_blocked_accounts_take_part_in_none(shop: Shop) -> None:
    assert change(shop, "BANK:USD", status="blocked").status_code == 200
    answer = settle(shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_NOT_ACTIVE")
    assert shop.number("journals") == 0


def test_a_blocked_clearing_account_stops_both_legs(shop: Shop) -> None:
    assert settle(shop).status_code == 201
    assert change(shop, "FX:CLEAR:USD", status="blocked").status_code == 200
    answer = settle(shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_NOT_ACTIVE")
    assert shop.number("journals") == 2


def test_a_floor_stops_both_legs(shop: Shop) -> None:
    assert change(shop, "BANK:EUR", floor="0").status_code == 200
    answer = settle(shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "INSUFFICIENT_FUNDS")
    assert shop.number("journals") == shop.number("fx_settlements") == 0


def test_a_closed_day_takes_neither_leg(shop: Shop) -> None:
    quote(shop, rate="1.1", valid_from="2026-02-24T00:00:00Z")
    assert settle(shop, as_of="2026-02-25").status_code == 201
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, date(2026, 2, 25), now=timezone.now())
    for day in ("2026-02-25", "2026-02-24"):
        answer = settle(shop, as_of="2026-02-25", value_date=day)
        assert (answer.status_code, answer.json()["code"]) == (409, "DAY_CLOSED")


def test_a_settlements_journal_is_not_reversed_alone(shop: Shop) -> None:
    number = settle(shop).json()["source_journal_id"]
    answer = shop.post(f"/v1/journals/{number}/reverse", {}, HTTP_X_IDEMPOTENCY_KEY="undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_REVERSIBLE")


def test_settlements_are_listed_newest_first_and_foreign_ones_are_absent(shop: Shop) -> None:
    numbers = [settle(shop).json()["settlement_id"] for _ in range(3)]
    first = shop.get("/v1/fx/settlements", limit=2).json()
    rest = shop.get("/v1/fx/settlements", limit=2, cursor=first["next_cursor"]).json()
    assert [item["settlement_id"] for item in first["items"] + rest["items"]] == numbers[::-1]
    other = open_shop()
    assert other.get("/v1/fx/settlements").json()["items"] == []
    for number in (numbers[0], "x", 0, 10**30):
        assert other.get(f"/v1/fx/settlements/{number}").status_code == 404


def test_a_key_without_the_scope_settles_nothing(shop: Shop) -> None:
    from ledgersafe import setup

    _, key = setup.create_api_key(slug=shop.slug, scopes=["ledger:read"], actor="system:test", now=timezone.now())
    reader = Shop(shop.tenant, key, shop.principal)
    assert reader.get("/v1/fx/rates").status_code == 200
    assert settle(reader).status_code == 403
    assert put(reader, {"pair": "EUR/USD", "rate": "1", "valid_from": YESTERDAY.isoformat()}).status_code == 403
