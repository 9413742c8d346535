"""Statements with running balance, page by page, and balances taken apart."""

from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.balances import balances
from ledger.models import Transfer
from tests.conftest import Shop, open_shop
from tests.scenes.bookkeeping import BANK, SALES, TAX, YEN, YEN_SALES, close, minor, post, reverse, shown, sums
from tests.scenes.till import assert_problem

#: Journals without a cause, which verify_books would name; what they come to is compared with plain sums instead.
pytestmark = pytest.mark.cooks_the_books
MONDAY = date(2026, 2, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
STATEMENT = "/v1/accounts/BANK:USD/statement"
EXPLAIN = "/v1/accounts/BANK:USD/explain"


def pages(shop: Shop, limit: int, **parameters: str) -> list[dict[str, Any]]:
    """Every page of a statement."""
    bodies = [shown(shop, STATEMENT, limit=limit, **parameters)]
    while bodies[-1]["next_cursor"]:
        bodies.append(shown(shop, STATEMENT, limit=limit, cursor=bodies[-1]["next_cursor"], **parameters))
    return bodies


def test_a_statement_tells_every_line_and_the_balance_after_it(shop: Shop) -> None:
    first = post(shop, DAYS[0], (BANK, 10000), (SALES, -10000), key="a", ref="INV-1")
    second = reverse(shop, first, DAYS[2])
    body = shown(shop, STATEMENT)
    recorded = [line.pop("recorded_at") for line in body["items"]]
    assert recorded == sorted(recorded)
    assert all(moment.endswith("Z") for moment in recorded)
    assert body == {
        "account_code": "BANK:USD",
        "ccy": "USD",
        "from": None,
        "to": None,
        "opening_balance": "0.00",
        "closing_balance": "0.00",
        "items": [
            {"value_date": "2026-02-23", "journal_id": first, "line_no": 1, "kind": "TEST",
             "external_ref": "INV-1", "memo": None, "amount": "100.00", "balance": "100.00"},
            {"value_date": "2026-02-25", "journal_id": second, "line_no": 1, "kind": "REVERSAL",
             "external_ref": "INV-1", "memo": None, "amount": "-100.00", "balance": "0.00"},
        ],
        "next_cursor": None,
    }  # fmt: skip


def test_a_span_has_what_came_before_as_its_opening_balance(shop: Shop) -> None:
    for number, day in enumerate(DAYS):
        post(shop, day, (BANK, 10**number), (SALES, -(10**number)), key=str(number))
        if number < 2:
            close(shop, day)
    body = shown(shop, STATEMENT, **{"from": str(DAYS[1]), "to": str(DAYS[3])})
    assert (body["opening_balance"], body["closing_balance"]) == ("0.01", "11.11")
    assert [line["amount"] for line in body["items"]] == ["0.10", "1.00", "10.00"]
    assert [line["balance"] for line in body["items"]] == ["0.11", "1.11", "11.11"]
    empty = shown(shop, STATEMENT, **{"from": "2027-01-01", "to": "2027-01-01"})
    assert (empty["opening_balance"], empty["closing_balance"], empty["items"]) == ("111.11", "111.11", [])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.tuples(st.sampled_from(DAYS), st.integers(-(10**6), 10**6).filter(bool)), max_size=12),
    limit=st.integers(1, 5),
    closed=st.integers(0, 5),
    first=st.sampled_from(DAYS),
)
def test_the_pages_of_a_statement_join_without_gap(
    books: None, amounts: list[tuple[date, int]], limit: int, closed: int, first: date
) -> None:
    shop = open_shop()
    post(shop, DAYS[0], (BANK, 1), (SALES, -1), key="first")
    for number, (day, amount) in enumerate(amounts):
        post(shop, day, (BANK, amount), (SALES, -amount), key=str(number))
    for day in sorted({DAYS[0], *(day for day, _ in amounts)})[:closed]:
        close(shop, day)
    bodies = pages(shop, limit, **{"from": str(first)})
    lines = [line for page in bodies for line in page["items"]]
    assert {(page["opening_balance"], page["closing_balance"]) for page in bodies} == {
        (bodies[0]["opening_balance"], bodies[0]["closing_balance"])
    }
    balance = minor(bodies[0]["opening_balance"])
    assert balance == sums(shop, "p.business_date < %s", first)["BANK:USD"]
    for line in lines:
        balance += minor(line["amount"])
        assert minor(line["balance"]) == balance
    assert balance == minor(bodies[-1]["closing_balance"]) == sums(shop)["BANK:USD"]
    expected = [amount for day, amount in sorted([(DAYS[0], 1), *amounts], key=lambda pair: pair[0]) if day >= first]
    assert [minor(line["amount"]) for line in lines] == expected
    assert [len(page["items"]) for page in bodies[:-1]] == [limit] * (len(bodies) - 1)


def test_what_is_posted_while_somebody_turns_pages_shifts_nothing(shop: Shop) -> None:
    for number in range(4):
        post(shop, DAYS[1], (BANK, 10), (SALES, -10), key=str(number))
    page = shown(shop, STATEMENT, limit=2)
    post(shop, DAYS[0], (BANK, 500), (SALES, -500), key="earlier")
    rest = shown(shop, STATEMENT, limit=2, cursor=page["next_cursor"])
    assert [line["journal_id"] for line in rest["items"]] != [line["journal_id"] for line in page["items"]]
    assert [line["balance"] for line in rest["items"]] == ["5.30", "5.40"]
    assert rest["closing_balance"] == "5.40"


def test_a_cursor_of_another_span_is_refused(shop: Shop) -> None:
    for number in range(2):
        post(shop, DAYS[0], (BANK, 10), (SALES, -10), key=str(number))
    cursor = shown(shop, STATEMENT, limit=1)["next_cursor"]
    assert_problem(shop.get(STATEMENT, cursor=cursor, **{"from": str(DAYS[1])}), 400, "INVALID_PARAMETER")


def test_two_lines_of_one_journal_stand_apart(shop: Shop) -> None:
    post(shop, DAYS[0], (BANK, 10), (SALES, -10), key="a")
    post(shop, DAYS[0], (TAX, -10), (SALES, 5), (BANK, 5), key="b")
    assert [line["line_no"] for page in pages(shop, 1) for line in page["items"]] == [1, 3]


def test_the_number_of_statements_does_not_grow_with_the_lines(shop: Shop) -> None:
    counted = []
    for number in range(6):
        post(shop, DAYS[number // 2], (BANK, 10), (SALES, -10), key=str(number))
        with CaptureQueriesContext(connection) as queries:
            shown(shop, STATEMENT)
        counted.append(len(queries))
    assert len(set(counted[1:])) == 1  # the first remembers the key's use


@pytest.mark.parametrize(
    "parameters",
    [{"from": "x"}, {"to": "2026-02-30"}, {"from": "2026-02-25T00:00:00Z"}, {"from": "2026-02-25", "to": "2026-02-24"},
     {"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "W10"}, {"cursor": "WyJ4IiwxLDFd"},
     {"cursor": "WyIyMDI2LTAyLTIzIiwxLDEuNV0"}, {"cursor": "WyIyMDI2LTAyLTIzIiwtMSwxXQ"},
     {"cursor": "WyIyMDI2LTAyLTIzIiw5MjIzMzcyMDM2ODU0Nzc1ODA4LDFd"}, {"cursor": "WzEsMSwxXQ"}, {"cursor": "e30"}],
)  # fmt: skip
def test_a_statement_of_nonsense_is_refused(shop: Shop, parameters: dict[str, str]) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    assert_problem(shop.get(STATEMENT, **parameters), 400, "INVALID_PARAMETER")


def test_a_statement_from_the_first_day_there_is_starts_from_nothing(shop: Shop) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    body = shown(shop, STATEMENT, **{"from": "0001-01-01", "to": "9999-12-31"})
    assert (body["opening_balance"], body["closing_balance"]) == ("0.00", "1.00")


def test_a_balance_is_explained_by_its_snapshot_and_the_days_since(shop: Shop) -> None:
    for number, day in enumerate(DAYS[:4]):
        post(shop, day, (BANK, 1000 * 10**number), (SALES, -1000 * 10**number), key=f"in-{number}")
    post(shop, DAYS[3], (BANK, -5), (SALES, 5), key="out")
    for day in DAYS[:2]:
        close(shop, day)
    assert shown(shop, EXPLAIN, date=str(DAYS[4])) == {
        "account_code": "BANK:USD",
        "ccy": "USD",
        "date": "2026-02-27",
        "starts_from": {"date": "2026-02-24", "balance": "110.00"},
        "days": [
            {"date": "2026-02-25", "journals": 1, "postings": 1, "debit": "1000.00", "credit": "0.00",
             "balance": "1110.00"},
            {"date": "2026-02-26", "journals": 2, "postings": 2, "debit": "10000.00", "credit": "0.05",
             "balance": "11109.95"},
        ],
        "balance": "11109.95",
    }  # fmt: skip


def test_a_closed_day_is_explained_from_the_snapshot_before_it(shop: Shop) -> None:
    for number, day in enumerate(DAYS[:3]):
        post(shop, day, (BANK, 1000), (SALES, -1000), key=str(number))
        close(shop, day)
    body = shown(shop, EXPLAIN, date=str(DAYS[2]))
    assert body["starts_from"] == {"date": "2026-02-24", "balance": "20.00"}
    assert [(day["date"], day["balance"]) for day in body["days"]] == [("2026-02-25", "30.00")]
    first = shown(shop, EXPLAIN, date=str(DAYS[0]))
    assert first["starts_from"] == {"date": None, "balance": "0.00"}
    assert first["balance"] == "10.00"


def test_an_account_nothing_moved_is_explained_by_nothing(shop: Shop) -> None:
    post(shop, DAYS[1], (YEN, 500), (YEN_SALES, -500), key="a")
    body = shown(shop, "/v1/accounts/BANK:JPY/explain", date=str(DAYS[0]))
    assert (body["starts_from"], body["days"], body["balance"]) == ({"date": None, "balance": "0"}, [], "0")
    assert shown(shop, "/v1/accounts/BANK:JPY/explain")["balance"] == "500"


def test_a_day_that_is_none_explains_nothing(shop: Shop) -> None:
    post(shop, DAYS[1], (BANK, 500), (SALES, -500), key="a")
    assert_problem(shop.get(EXPLAIN, date="2026-02-25T00:00:00Z"), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize(("own", "shown_memo"), [("for the vault", "for the vault"), (None, "Friday's takings")])
def test_a_line_shows_the_memo_of_its_entry_or_else_of_its_transfer(
    shop: Shop, own: str | None, shown_memo: str
) -> None:
    journal_id = post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    Transfer.objects.create(
        tenant=shop.tenant,
        client_id="c",
        idempotency_key="k",
        fingerprint=b"",
        journal_id=journal_id,
        actor="system:test",
        memo="Friday's takings",
        entry_memos=[own],
    )
    assert [line["memo"] for line in shown(shop, STATEMENT)["items"]] == [shown_memo]


def test_a_page_shows_one_state_of_the_books_whatever_is_posted_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(shop, DAYS[0], (BANK, 100), (SALES, -100), key="before")
    read = balances.balances_through

    def post_elsewhere() -> None:
        post(shop, DAYS[0], (BANK, 7), (SALES, -7), key="meanwhile")
        connection.close()

    def read_and_be_overtaken(*args: Any) -> list[int]:
        result = read(*args)
        other = Thread(target=post_elsewhere)
        other.start()
        other.join()
        return result

    monkeypatch.setattr(balances, "balances_through", read_and_be_overtaken)
    body = shown(shop, STATEMENT)
    assert body["closing_balance"] == "1.00"
    assert [line["balance"] for line in body["items"]] == ["1.00"]
    assert sums(shop)["BANK:USD"] == 107
