"""`/v1/sales`, `/v1/reports/articles` and `/v1/reports/taxes`: what is answered to whom."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Shop, open_shop
from tests.pos.api.test_reports import NO_STORE, ask, key_for, text
from tests.scenes.projection import catch_up
from tests.scenes.returns import about

SALES, ARTICLES, TAXES = "/v1/sales", "/v1/reports/articles", "/v1/reports/taxes"
DAY = {"from": "2026-02-25", "to": "2026-02-25"}
LINE_B: dict[str, Any] = {"sku": "B", "qty": 1, "amount": 8.5}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two stores have sold; of one sale a line was brought back, another one was voided."""
    for event in (
        shop.sale("sold"),
        about(shop, "RETURN", "back", line_items=[LINE_B], method="cash"),
        shop.sale("other", store_id="store-2"),
        shop.sale("wrong"),
        about(shop, "VOID", "undone", "wrong"),
    ):
        assert shop.send(event).status_code == 201
    return shop


def listed(shop: Shop, parameters: dict[str, str], key: dict[str, str] | None = None) -> list[str]:
    answer = ask(shop, SALES, parameters, key)
    assert answer.status_code == 200, answer.json()
    return [item["event_id"] for item in answer.json()["items"]]


# ── The list ────────────────────────────────────────────────────────────────────────────────────
def test_it_lists_headers_newest_first(sold: Shop) -> None:
    assert listed(sold, DAY) == ["undone", "wrong", "other", "back", "sold"]
    assert sold.send(sold.sale("older", occurred_at="2026-02-20T09:00:00Z")).status_code == 201
    assert listed(sold, {"from": "2026-02-01", "to": "2026-02-28"})[-1] == "older"
    item = ask(sold, SALES, DAY).json()["items"][0]
    assert (item["event_type"], item["undoes"], item["total"], item["tax"]) == ("VOID", False, "-42.50", "-4.00")
    assert item["tenders_by_method"] == {"CASH": "-20.00", "CARD": "-22.50"}


def test_it_goes_on_where_a_page_ended(sold: Shop) -> None:
    found, cursor = [], ""
    for _ in range(10):
        answer = ask(sold, SALES, DAY | {"limit": "2"} | ({"cursor": cursor} if cursor else {})).json()
        found += [item["event_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert found == ["undone", "wrong", "other", "back", "sold"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"store_id": "store-2"}, ["other"]),
        ({"event_type": "RETURN"}, ["back"]),
        ({"event_type": "SALE", "store_id": "store-1"}, ["wrong", "sold"]),
        ({"txn_id": "txn-other"}, ["other"]),
        ({"txn_id": "txn-other", "store_id": "store-1"}, []),
        ({"event_id": "back"}, ["back"]),
        ({"event_id": "back", "event_type": "SALE"}, []),
        ({"store_id": "nowhere"}, []),
    ],
)
def test_it_finds_what_is_asked_for(sold: Shop, asked: dict[str, str], found: list[str]) -> None:
    assert listed(sold, DAY | asked) == found


def test_a_receipt_and_an_event_are_found_whatever_their_day(sold: Shop) -> None:
    assert listed(sold, {"txn_id": "txn-sold"}) == ["sold"]
    assert listed(sold, {"event_id": "undone"}) == ["undone"]


def test_without_days_it_is_the_last_month(sold: Shop) -> None:
    """The events of the tests are of February, and today is later."""
    assert listed(sold, {}) == []
    assert listed(sold, {"to": "2026-02-26"}) == ["undone", "wrong", "other", "back", "sold"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "yesterday"},
        {"from": "2026-02-26", "to": "2026-02-25"},
        {"from": "2025-01-01", "to": "2026-02-05"},
        {"limit": "0"},
        {"limit": "501"},
        {"cursor": "x"},
        {"cursor": "WzFd"},
        {"cursor": "WyIyMDI2LTAyLTMwIiwiMSIsMV0"},
        {"cursor": "WyIyMDI2LTAyLTI1IiwiMTg0NDY3NDQwNzM3MDk1NTE2MTYiLDFd"},
        {"store_id": "a\x00b"},
        {"txn_id": "a\x00b"},
        {"event_id": "a\x00b"},
        {"event_type": "a\x00b"},
    ],
)
def test_it_refuses_what_it_cannot_read(shop: Shop, wrong: dict[str, str]) -> None:
    answer = ask(shop, SALES, wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", [SALES, ARTICLES, TAXES])
def test_it_takes_the_ends_of_the_calendar(shop: Shop, path: str, day: str) -> None:
    for parameters in ({"from": day}, {"to": day}, {"from": day, "to": day}):
        assert ask(shop, path, parameters).status_code in {200, 400}
    assert ask(shop, path, {"from": day, "to": day}).status_code == 200


# ── One sale ────────────────────────────────────────────────────────────────────────────────────
def test_it_shows_a_sale_with_everything_it_is_made_of(sold: Shop) -> None:
    answer = ask(sold, f"{SALES}/sold").json()
    (journal,) = answer["journals"]
    assert journal["lines"] == [
        {"line_no": 1, "line_id": None, "sku": "A", "category": None, "quantity": "1", "amount": "30.00"},
        {"line_no": 2, "line_id": None, "sku": "B", "category": None, "quantity": "1", "amount": "8.50"},
    ]
    assert journal["tenders"] == [
        {"line_no": 1, "method": "CASH", "processor": None, "reference": None, "currency": "USD", "amount": "20.00"},
        {
            "line_no": 2,
            "method": "CARD",
            "processor": "stripe",
            "reference": None,
            "currency": "USD",
            "amount": "22.50",
        },
    ]
    assert journal["taxes"] == [{"line_no": 1, "code": "VAT", "rate": "0.2", "inclusive": False, "amount": "4.00"}]
    assert answer["refers_to"] == []
    (reference,) = answer["referred_by"]
    assert (reference["event_id"], reference["kind"], reference["taken_back"]) == ("back", "RETURN", False)
    back = ask(sold, f"{SALES}/back").json()
    assert [row["event_id"] for row in back["refers_to"]] == ["sold"]
    assert back["journals"][0]["lines"][0]["amount"] == "-8.50"


def test_a_correction_shows_both_of_its_journals(sold: Shop) -> None:
    assert (
        sold.send(about(sold, "CORRECTION", "right", "other", total_amount=10, store_id="store-2")).status_code == 201
    )
    journals = ask(sold, f"{SALES}/right").json()["journals"]
    assert sorted((one["total"], len(one["lines"])) for one in journals) == [("-42.50", 2), ("10.00", 0)]


@pytest.mark.parametrize("name", ["till/7 #1", "…", "a.b", "100%", "päper", "~", "sales/x"])
def test_any_event_id_can_be_asked_for(shop: Shop, name: str) -> None:
    from urllib.parse import quote

    assert shop.send(shop.sale(name)).status_code == 201
    answer = ask(shop, f"{SALES}/{quote(name, safe='')}")
    assert (answer.status_code, answer.json().get("event_id")) == (200, name)


@pytest.mark.parametrize("name", ["absent", "a%00b", "x" * 300])
def test_what_is_not_there_is_not_found(shop: Shop, name: str) -> None:
    assert ask(shop, f"{SALES}/{name}").status_code == 404


def test_another_tenants_sale_answers_like_an_absent_one(sold: Shop) -> None:
    other = open_shop()
    theirs, absent = (ask(other, f"{SALES}/{name}") for name in ("sold", "absent"))
    assert (theirs.status_code, theirs.json()["detail"]) == (404, absent.json()["detail"])
    assert listed(other, DAY) == listed(other, {"event_id": "sold"}) == listed(other, {"txn_id": "txn-sold"}) == []
    for path in (ARTICLES, TAXES):
        assert ask(other, path, DAY).json()["items"] == []


def test_a_key_of_a_store_sees_its_store_alone(sold: Shop) -> None:
    bound = key_for(sold, "pos:read", store="store-2")
    assert [listed(sold, DAY | wanted, bound) for wanted in (NO_STORE, {"store_id": "store-1"})] == [["other"], []]
    assert listed(sold, {"event_id": "sold"}, bound) == listed(sold, {"txn_id": "txn-sold"}, bound) == []
    assert ask(sold, f"{SALES}/sold", key=bound).status_code == 404
    assert ask(sold, f"{SALES}/other", key=bound).status_code == 200
    for path, number in ((ARTICLES, 2), (TAXES, 1)):
        seen = [
            len(ask(sold, path, DAY | wanted, bound).json()["items"]) for wanted in (NO_STORE, {"store_id": "store-1"})
        ]
        assert seen == [number, 0]


@pytest.mark.parametrize("path", [SALES, f"{SALES}/sold", ARTICLES, TAXES])
def test_it_needs_the_scope(sold: Shop, path: str) -> None:
    assert ask(sold, path, key=key_for(sold, "events:write")).status_code == 403
    assert ask(sold, path, key={}).status_code == 401
    assert ask(sold, path, key=key_for(sold, "pos:read")).status_code == 200


# ── By article and by tax ───────────────────────────────────────────────────────────────────────
def test_articles_are_what_was_sold_less_what_was_brought_back(sold: Shop) -> None:
    found = ask(sold, ARTICLES, DAY).json()
    assert found["items"] == [
        {"sku": "A", "currency": "USD", "quantity": "2", "amount": "60.00", "sold_quantity": "2", "sold": "60.00",
         "returned_quantity": "0", "returned": "0.00"},
        {"sku": "B", "currency": "USD", "quantity": "1", "amount": "8.50", "sold_quantity": "2", "sold": "17.00",
         "returned_quantity": "1", "returned": "8.50"},
    ]  # fmt: skip
    assert found["pending"] == 0 or found["pending"] <= 5  # transactions of others may hold the mark back


def test_nothing_is_pending_once_all_is_written(sold: Shop) -> None:
    catch_up(sold)
    assert [ask(sold, path, DAY).json()["pending"] for path in (ARTICLES, TAXES)] == [0, 0]


def test_taxes_are_what_was_taken_less_what_was_given_back(sold: Shop) -> None:
    catch_up(sold)
    back = 400 * 850 // 3850
    (tax,) = ask(sold, TAXES, DAY).json()["items"]
    taken = f"{(800 - back) / 100:.2f}"
    assert tax == {"code": "VAT", "rate": "0.2", "inclusive": False, "currency": "USD", "amount": taken}
    daily = ask(sold, "/v1/reports/daily-sales", DAY).json()["totals"][0]
    assert daily["tax"] == taken


@pytest.mark.parametrize(("path", "columns"), [(ARTICLES, "sku"), (TAXES, "code")])
def test_the_csv_has_the_same_lines_and_no_formulas(sold: Shop, path: str, columns: str) -> None:
    evil = sold.sale("evil", line_items=[{"sku": "=cmd()", "amount": 38.5}],
                     tax_lines=[{"code": "=cmd()", "rate": 0.2, "amount": 4}])  # fmt: skip
    assert sold.send(evil).status_code == 201
    catch_up(sold)
    answer = ask(sold, path, DAY | {"format": "csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv")
    rows = list(csv.DictReader(io.StringIO(text(answer))))
    assert "'=cmd()" in {row[columns] for row in rows}
    assert len(rows) == len(ask(sold, path, DAY).json()["items"])


@pytest.mark.parametrize("path", [ARTICLES, TAXES])
@pytest.mark.parametrize(
    "wrong",
    [{"from": "x"}, {"from": "2025-01-01", "to": "2026-02-05"}, {"format": "xlsx"}, {"store_id": "a\x00b"}],
)
def test_reports_refuse_what_they_cannot_read(shop: Shop, path: str, wrong: dict[str, str]) -> None:
    answer = ask(shop, path, wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("path", [SALES, f"{SALES}/sold", ARTICLES, TAXES])
def test_it_costs_the_same_for_few_rows_and_for_many(sold: Shop, path: str) -> None:
    catch_up(sold)
    ask(sold, path, DAY)
    few = statements(sold, path)
    for number in range(12):
        assert sold.send(sold.sale(f"more-{number}")).status_code == 201
    assert sold.send(about(sold, "RETURN", "again", total_amount=1)).status_code == 201
    catch_up(sold)
    assert statements(sold, path) == few


def statements(shop: Shop, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert ask(shop, path, DAY).status_code == 200
    return len([query for query in captured if "sale" in query["sql"]])


@pytest.mark.parametrize("path", [SALES, ARTICLES, TAXES])
def test_what_is_asked_is_one_statement(sold: Shop, path: str) -> None:
    catch_up(sold)
    assert statements(sold, path) == 1
