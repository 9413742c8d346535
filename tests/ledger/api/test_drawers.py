"""Drawers over HTTP: open, sell, count, close, and every way to ask for it wrongly."""

from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.drawers import (
    FLOAT,
    balances,
    cash_sale,
    close,
    command,
    count,
    done,
    flows,
    open_drawer,
    shown,
    transact,
)

NO_MINOR_UNITS = [0.5, "5", -1, True, None, [], {}, 2**63, 10**15 + 1, "1e3", "٣"]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────
def test_a_drawer_is_opened_with_its_float_from_the_safe(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert shown(shop, drawer) | {"opened_at": ""} == {
        "id": drawer, "store_id": "store-1", "register_id": "till-1", "currency": "USD", "status": "OPEN",
        "starting_cash": FLOAT, "expected_cash": FLOAT, "actual_cash": None, "variance": None, "blind": False,
        "denominations": None, "notes": None, "opened_at": "", "opened_by": shop.principal.actor, "counted_at": None,
        "counted_by": None, "closed_at": None, "closed_by": None, "z_number": None,
    }  # fmt: skip
    assert balances(shop) == {"DRAWER": FLOAT, "SAFE": -FLOAT}
    assert flows(shop, drawer) == [("FLOAT", "CASH", FLOAT, False)]


def test_a_register_has_one_open_drawer(shop: Shop) -> None:
    open_drawer(shop)
    body = {"store_id": "store-1", "register_id": "till-1", "starting_cash": 0, "currency": "EUR"}
    assert code(command(shop, "ledgers", body)) == (409, "DRAWER_ALREADY_OPEN")
    assert open_drawer(shop, "till-2")


def test_the_same_request_again_opens_nothing_new(shop: Shop) -> None:
    body = {"store_id": "store-1", "register_id": "till-1", "starting_cash": 500}
    first, again = (command(shop, "ledgers", body, key="once") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_drawer_needs_a_key(shop: Shop) -> None:
    body = {"store_id": "store-1", "register_id": "till-1", "starting_cash": 500}
    assert code(shop.post("/v1/pos/ledgers", body)) == (400, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.parametrize("cash", NO_MINOR_UNITS)
def test_it_refuses_a_float_that_is_no_integer_of_minor_units(shop: Shop, cash: Any) -> None:
    body = {"store_id": "store-1", "register_id": "till-1", "starting_cash": cash}
    answer = command(shop, "ledgers", body)
    assert code(answer) == (400, "INVALID_REQUEST")
    assert answer.json()["errors"][0]["pointer"] == "/starting_cash"


@pytest.mark.parametrize("number", [b"1e3", b"1000.0", b"1E+3", b"1000.5"])
def test_it_refuses_numbers_that_are_not_written_as_integers(shop: Shop, number: bytes) -> None:
    body = b'{"store_id": "store-1", "register_id": "till-1", "starting_cash": ' + number + b"}"
    assert shop.post("/v1/pos/ledgers", body, HTTP_X_IDEMPOTENCY_KEY="k").status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"store_id": ""}, {"store_id": 5}, {"register_id": None}, {"register_id": "x" * 65}, {"register_id": " x"},
        {"currency": "XXX"}, {"currency": 5}, {"blind": "yes"}, {"blind": None},
    ],
)  # fmt: skip
def test_it_refuses_a_drawer_of_nowhere(shop: Shop, change: dict[str, Any]) -> None:
    body = {"store_id": "store-1", "register_id": "till-1", "starting_cash": 1} | change
    assert code(command(shop, "ledgers", body)) == (400, "INVALID_REQUEST")


def test_a_strict_tenant_has_no_drawers_of_unknown_registers(shop: Shop) -> None:
    shop.tenant.strict_stores = True
    shop.tenant.save(update_fields=["strict_stores"])
    body = {"store_id": "store-9", "register_id": "till-1", "starting_cash": 1}
    assert code(command(shop, "ledgers", body)) == (404, "NOT_FOUND")


def test_cash_from_before_the_first_drawer_goes_to_the_safe(shop: Shop) -> None:
    assert cash_sale(shop, "early", "5.00").status_code == 201
    drawer = open_drawer(shop)
    assert shown(shop, drawer)["expected_cash"] == FLOAT
    assert balances(shop) == {"DRAWER": FLOAT, "SAFE": 500 - FLOAT, "SALES": -500}


# ── Transactions ────────────────────────────────────────────────────────────────────────────────
def test_every_type_moves_what_it_says(shop: Shop) -> None:
    drawer = open_drawer(shop)
    done(shop, drawer, "SALE", 5000)
    done(shop, drawer, "SALE", 3000, method="CARD", order_id="o-2")
    done(shop, drawer, "SALE", 2000, method="EXTERNAL", order_id="o-3")
    done(shop, drawer, "REFUND", 1000)
    done(shop, drawer, "REFUND", 500, method="CARD", order_id="o-2")
    done(shop, drawer, "PAYOUT", 700, order_id=None)
    done(shop, drawer, "CASH_IN", 400, order_id=None)
    done(shop, drawer, "CASH_OUT", 300, order_id=None)
    assert balances(shop) == {
        "DRAWER": FLOAT + 5000 - 1000 - 700 + 400 - 300, "SAFE": -FLOAT - 400 + 300, "SALES": -10_000,
        "RETURNS": 1500, "CARD_CLEARING": 2500, "EXTERNAL_CLEARING": 2000, "PETTY_EXPENSE": 700,
    }  # fmt: skip
    assert shown(shop, drawer)["expected_cash"] == balances(shop)["DRAWER"]
    assert len(flows(shop, drawer)) == 9


def test_a_transaction_answers_with_its_journal(shop: Shop) -> None:
    drawer = open_drawer(shop)
    transaction = done(shop, drawer, "SALE", 5000, external_reference="r-1", currency="USD")
    assert transaction | {"id": 0, "journal_id": 0, "created_at": ""} == {
        "id": 0, "ledger_id": drawer, "order_id": "o-1", "amount": 5000, "currency": "USD", "type": "SALE",
        "method": "CASH", "external_reference": "r-1", "journal_id": 0, "created_at": "",
    }  # fmt: skip
    journal = shop.get(f"/v1/journals/{transaction['journal_id']}").json()
    assert (journal["kind"], journal["source"], journal["external_ref"]) == ("SALE", "transaction", "r-1")


@pytest.mark.parametrize("amount", [*NO_MINOR_UNITS, 0])
def test_it_refuses_amounts_that_are_no_minor_units_above_zero(shop: Shop, amount: Any) -> None:
    drawer = open_drawer(shop)
    answer = command(
        shop,
        "transactions",
        {"ledger_id": drawer, "type": "SALE", "amount": amount, "method": "CASH", "order_id": "o"},
    )
    assert code(answer) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "GIFT"}, {"type": None}, {"type": ["SALE"]}, {"type": "DROP"}, {"method": "BARTER"}, {"method": None},
        {"order_id": None}, {"order_id": ""}, {"order_id": "x" * 201}, {"order_id": "a\nb"}, {"order_id": 5},
        {"currency": "QQQ"}, {"ledger_id": "5"}, {"ledger_id": None}, {"ledger_id": 2**63}, {"ledger_id": -1},
        {"type": "CASH_IN", "method": "CARD"}, {"type": "PAYOUT", "method": "EXTERNAL"},
        {"external_reference": "x" * 201},
    ],
)  # fmt: skip
def test_it_refuses_a_transaction_that_says_nonsense(shop: Shop, change: dict[str, Any]) -> None:
    drawer = open_drawer(shop)
    body = {"ledger_id": drawer, "type": "SALE", "amount": 5, "method": "CASH", "order_id": "o-1"} | change
    assert code(command(shop, "transactions", body)) == (400, "INVALID_REQUEST")


def test_a_drawer_takes_its_own_currency_only(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert code(transact(shop, drawer, "SALE", 5, currency="EUR")) == (422, "CURRENCY_MISMATCH")
    euros = open_drawer(shop, "till-2", currency="EUR")
    assert done(shop, euros, "SALE", 5)["currency"] == "EUR"


def test_another_tenants_drawer_is_absent(shop: Shop) -> None:
    theirs = open_shop()
    drawer = open_drawer(theirs)
    assert code(transact(shop, drawer, "SALE", 5)) == (404, "NOT_FOUND")
    assert code(close(shop, drawer, 5)) == (404, "NOT_FOUND")
    assert code(count(shop, drawer, 5)) == (404, "NOT_FOUND")
    for part in ("", "/x-report", "/z-report"):
        assert code(shop.get(f"/v1/pos/ledgers/{drawer}{part}")) == (404, "NOT_FOUND")


def test_a_drawer_takes_nothing_once_it_is_counted_or_closed(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert count(shop, drawer, FLOAT).status_code == 200
    assert code(transact(shop, drawer, "SALE", 5)) == (409, "DRAWER_CLOSED")
    assert close(shop, drawer, FLOAT).status_code == 200
    assert code(transact(shop, drawer, "SALE", 5)) == (409, "DRAWER_CLOSED")


# ── Refunds ─────────────────────────────────────────────────────────────────────────────────────
def test_refunds_never_exceed_what_was_sold(shop: Shop) -> None:
    drawer = open_drawer(shop)
    done(shop, drawer, "SALE", 1000)
    assert code(transact(shop, drawer, "REFUND", 1001)) == (422, "CANNOT_EXCEED_ORIGINAL")
    done(shop, drawer, "REFUND", 600)
    assert code(transact(shop, drawer, "REFUND", 401)) == (422, "CANNOT_EXCEED_ORIGINAL")
    done(shop, drawer, "REFUND", 400, method="CARD")
    assert code(transact(shop, drawer, "REFUND", 1)) == (422, "CANNOT_EXCEED_ORIGINAL")
    assert balances(shop)["RETURNS"] == 1000


def test_an_order_nobody_sold_is_not_refunded(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert code(transact(shop, drawer, "REFUND", 1, order_id="never")) == (422, "CANNOT_EXCEED_ORIGINAL")


def test_a_refund_that_came_before_its_sale_is_carried_out_when_it_is_repeated_afterwards(shop: Shop) -> None:
    drawer = open_drawer(shop)
    refund = {"ledger_id": drawer, "type": "REFUND", "amount": 1000, "method": "CASH", "order_id": "o-1"}
    assert code(command(shop, "transactions", refund, "early")) == (422, "CANNOT_EXCEED_ORIGINAL")
    before = shop.number("idempotency_keys")
    assert code(command(shop, "transactions", refund, "early")) == (422, "CANNOT_EXCEED_ORIGINAL")
    assert shop.number("idempotency_keys") == before
    done(shop, drawer, "SALE", 1000)
    late, again = (command(shop, "transactions", refund, "early") for _ in range(2))
    assert (late.status_code, again.status_code, again.content) == (201, 201, late.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert balances(shop)["RETURNS"] == 1000


def test_a_currency_the_drawer_will_never_have_is_refused_for_good(shop: Shop) -> None:
    drawer = open_drawer(shop)
    sale = {"ledger_id": drawer, "type": "SALE", "amount": 5, "method": "CASH", "order_id": "o-1", "currency": "EUR"}
    first, again = (command(shop, "transactions", sale, "euros") for _ in range(2))
    assert code(first) == code(again) == (422, "CURRENCY_MISMATCH")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_an_order_may_be_refunded_at_another_drawer_in_its_currency(shop: Shop) -> None:
    first, second, euros = open_drawer(shop), open_drawer(shop, "till-2"), open_drawer(shop, "till-3", currency="EUR")
    done(shop, first, "SALE", 1000)
    assert code(transact(shop, euros, "REFUND", 1)) == (422, "CANNOT_EXCEED_ORIGINAL")
    done(shop, second, "REFUND", 1000)
    assert code(transact(shop, first, "REFUND", 1)) == (422, "CANNOT_EXCEED_ORIGINAL")


# ── Counting and closing ────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("counted", "over_short"), [(FLOAT + 5000, 0), (FLOAT + 4900, 100), (FLOAT + 5025, -25)])
def test_closing_books_over_and_short_and_empties_the_drawer(shop: Shop, counted: int, over_short: int) -> None:
    drawer = open_drawer(shop)
    done(shop, drawer, "SALE", 5000)
    answer = close(shop, drawer, counted, notes="Evening.")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["expected_cash"], body["actual_cash"], body["variance"]) == (
        "CLOSED", FLOAT + 5000, counted, -over_short,
    )  # fmt: skip
    expected = {"SAFE": counted - FLOAT, "SALES": -5000, "OVER_SHORT": over_short}
    assert balances(shop) == {role: minor for role, minor in expected.items() if minor}


def test_a_drawer_is_counted_as_often_as_people_like_and_closed_once(shop: Shop) -> None:
    drawer = open_drawer(shop)
    assert [count(shop, drawer, cash).json()["variance"] for cash in (1, 2, FLOAT)] == [1 - FLOAT, 2 - FLOAT, 0]
    assert close(shop, drawer, FLOAT).status_code == 200
    assert code(close(shop, drawer, FLOAT)) == (409, "DRAWER_CLOSED")
    assert code(count(shop, drawer, FLOAT)) == (409, "DRAWER_CLOSED")


def test_the_same_close_again_is_answered_again(shop: Shop) -> None:
    drawer = open_drawer(shop)
    answers = [command(shop, f"ledgers/{drawer}/close", {"actual_cash": 5}, key="close") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("path", ["count", "close"])
@pytest.mark.parametrize("cash", NO_MINOR_UNITS)
def test_it_refuses_a_count_that_is_none(shop: Shop, path: str, cash: Any) -> None:
    drawer = open_drawer(shop)
    assert code(command(shop, f"ledgers/{drawer}/{path}", {"actual_cash": cash})) == (400, "INVALID_REQUEST")
    assert code(command(shop, f"ledgers/{drawer}/{path}", {})) == (400, "INVALID_REQUEST")
    assert shown(shop, drawer)["status"] == "OPEN"


def test_pieces_come_to_what_was_counted(shop: Shop) -> None:
    drawer = open_drawer(shop)
    good = {"5000": 1, "2000": 2, "25": 40}
    assert count(shop, drawer, 10_000, denominations=good).json()["denominations"] == good
    assert close(shop, drawer, 10_000, denominations={"10000": 1}).json()["denominations"] == {"10000": 1}


@pytest.mark.parametrize(("closed_with", "kept"), [(10_000, {"5000": 2}), (9_900, None)])
def test_the_pieces_of_a_count_stay_with_a_close_of_the_same_amount(
    shop: Shop, closed_with: int, kept: dict[str, int] | None
) -> None:
    drawer = open_drawer(shop)
    count(shop, drawer, 10_000, denominations={"5000": 2})
    assert close(shop, drawer, closed_with, notes="Short.").json()["denominations"] == kept


@pytest.mark.parametrize(
    "pieces",
    [{"2000": 4}, {"2000": -5}, {"2000": "5"}, {"-1": 5}, {"0": 1}, {"x": 1}, {"20.5": 1}, {"²": 1}, [], 5, {"": 1}],
)
def test_it_refuses_pieces_that_come_to_something_else(shop: Shop, pieces: Any) -> None:
    drawer = open_drawer(shop)
    assert code(count(shop, drawer, 10_000, denominations=pieces)) == (400, "INVALID_REQUEST")


def test_a_blind_count_is_not_told_what_is_expected(shop: Shop) -> None:
    drawer = open_drawer(shop, blind=True)
    clerk = shop_with(shop, "pos:read", "pos:write")
    assert shown(clerk, drawer)["expected_cash"] is None
    assert clerk.get("/v1/pos/ledgers").json()["items"][0]["expected_cash"] is None
    assert code(clerk.get(f"/v1/pos/ledgers/{drawer}/x-report")) == (403, "BLIND_COUNT")
    assert shown(shop, drawer)["expected_cash"] == FLOAT  # a key that may approve
    assert count(clerk, drawer, FLOAT - 5).json()["variance"] == -5
    assert shown(clerk, drawer, "x-report")["cash"]["expected"] == FLOAT


def test_a_variance_above_the_limit_needs_an_approval_and_notes(shop: Shop) -> None:
    shop.tenant.variance_limit_minor = 100
    shop.tenant.save(update_fields=["variance_limit_minor"])
    drawer, clerk = open_drawer(shop), shop_with(shop, "pos:read", "pos:write")
    assert code(close(clerk, drawer, FLOAT - 101, notes="Lost.")) == (403, "APPROVAL_REQUIRED")
    assert code(close(shop, drawer, FLOAT - 101)) == (400, "NOTES_REQUIRED")
    assert close(shop, drawer, FLOAT - 101, notes="Lost.").status_code == 200
    other = open_drawer(shop)
    assert close(clerk, other, FLOAT + 100).status_code == 200


def shop_with(shop: Shop, *scopes: str, **bound: Any) -> Shop:
    """The same tenant, by a key with fewer scopes."""
    from ledgersafe.postgres.db import tenant_transaction
    from ledgersafe.tenants import authentication, keys

    with tenant_transaction(shop.tenant.id):
        _, key = keys.issue(shop.tenant, scopes=scopes, **bound)
    principal = authentication.authenticate(key)
    assert principal is not None
    return Shop(shop.tenant, key, principal)
