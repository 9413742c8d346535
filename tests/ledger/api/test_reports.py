"""Trial balance, balance sheet and income statement: equal to plain sums, and the identity of the books holds."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.models import Period
from tests.conftest import Shop, open_shop
from tests.scenes.bookkeeping import (
    BANK,
    DRAWER,
    EQUITY,
    FEES,
    RETURNS,
    SALES,
    TAX,
    YEN,
    YEN_SALES,
    close,
    minor,
    post,
    shown,
    sums,
)
from tests.scenes.till import assert_problem

#: Journals without a cause, which verify_books would name; what they come to is compared with plain sums instead.
pytestmark = pytest.mark.cooks_the_books
MONDAY = date(2026, 2, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(4)]
TRIAL, SHEET, INCOME = (f"/v1/reports/{name}" for name in ("trial-balance", "balance-sheet", "income-statement"))
PAIRS = [(BANK, EQUITY), (DRAWER, SALES), (BANK, TAX), (FEES, BANK), (RETURNS, DRAWER), (YEN, YEN_SALES)]


def amounts(body: dict[str, Any]) -> dict[str, int]:
    """What the sections say of every account, by code."""
    return {
        item["account_code"]: minor(item["amount"], item["ccy"])
        for section in body["sections"]
        for item in section["items"]
    }


def a_shop_that_trades(shop: Shop) -> None:
    post(shop, DAYS[0], (BANK, 100000), (EQUITY, -100000), key="float")
    post(shop, DAYS[1], (DRAWER, 12000), (SALES, -10000), (TAX, -2000), key="sale")
    post(shop, DAYS[1], (RETURNS, 1000), (DRAWER, -1000), key="return")
    post(shop, DAYS[2], (FEES, 300), (BANK, -300), key="fee")
    post(shop, DAYS[2], (YEN, 500), (YEN_SALES, -500), key="yen")


def test_a_trial_balance_has_two_columns_that_come_to_the_same(shop: Shop) -> None:
    a_shop_that_trades(shop)
    body = shown(shop, TRIAL, date=str(DAYS[3]))
    assert body["totals"] == [
        {"ccy": "JPY", "debit": "500", "credit": "500"},
        {"ccy": "USD", "debit": "1120.00", "credit": "1120.00"},
    ]
    rows = {item["account_code"]: (item["type"], item["debit"], item["credit"]) for item in body["items"]}
    assert rows["BANK:USD"] == ("ASSET", "997.00", "0.00")
    assert rows["SALES:USD"] == ("REVENUE", "0.00", "100.00")
    assert shown(shop, TRIAL, date="2020-01-01")["totals"][1] == {"ccy": "USD", "debit": "0.00", "credit": "0.00"}


def test_a_balance_sheet_shows_what_there_is_and_whose_it_is(shop: Shop) -> None:
    a_shop_that_trades(shop)
    body = shown(shop, SHEET, date=str(DAYS[2]))
    assert [(section["type"], section["ccy"], section["total"]) for section in body["sections"]] == [
        ("ASSET", "JPY", "500"),
        ("ASSET", "USD", "1107.00"),
        ("LIABILITY", "USD", "20.00"),
        ("EQUITY", "USD", "1000.00"),
    ]
    assert body["totals"] == [
        {"ccy": "JPY", "assets": "500", "liabilities": "0", "equity": "0", "result": "500", "balanced": True},
        {"ccy": "USD", "assets": "1107.00", "liabilities": "20.00", "equity": "1000.00", "result": "87.00",
         "balanced": True},
    ]  # fmt: skip


def test_an_income_statement_counts_its_own_days_only(shop: Shop) -> None:
    a_shop_that_trades(shop)
    close(shop, DAYS[0])
    close(shop, DAYS[1])
    body = shown(shop, INCOME, **{"from": str(DAYS[1]), "to": str(DAYS[1])})
    usd = {"ccy": "USD", "revenue": "90.00", "expense": "0.00", "result": "90.00"}
    assert body["totals"] == [{"ccy": "JPY", "revenue": "0", "expense": "0", "result": "0"}, usd]
    assert amounts(body) == {"SALES:USD": 10000, "RETURNS:USD": -1000, "PROCESSOR-FEES:USD": 0, "SALES:JPY": 0}
    later = shown(shop, INCOME, **{"from": str(DAYS[2]), "to": str(DAYS[3])})
    assert later["totals"][1] == {"ccy": "USD", "revenue": "0.00", "expense": "3.00", "result": "-3.00"}


def test_unless_told_otherwise_a_report_is_of_the_tenants_current_day_and_year(shop: Shop) -> None:
    today = timezone.now().date()
    post(shop, today.replace(month=1, day=1) - timedelta(days=1), (BANK, 5), (SALES, -5), key="last-year")
    post(shop, today, (BANK, 100), (SALES, -100), key="today")
    dates = {str(today), str(today + timedelta(days=1))}  # the cut-off may have passed
    assert {shown(shop, path)["date"] for path in (TRIAL, SHEET)} <= dates
    body = shown(shop, INCOME)
    assert (body["from"], body["to"] in dates) == (f"{today:%Y}-01-01", True)
    assert body["totals"][0]["revenue"] == "1.00"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(
        st.tuples(st.sampled_from(DAYS), st.sampled_from(PAIRS), st.integers(-(10**12), 10**12).filter(bool)),
        min_size=1,
        max_size=12,
    ),
    closed=st.integers(0, 4),
    span=st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(sorted),
)
def test_reports_of_random_books_are_plain_sums_and_keep_the_identity(
    books: None, entries: list[Any], closed: int, span: list[date]
) -> None:
    shop = open_shop()
    for number, (day, (debit, credit), amount) in enumerate(entries):
        post(shop, day, (debit, amount), (credit, -amount), key=str(number))
    for day in list(Period.objects.filter(tenant=shop.tenant).order_by("business_date"))[:closed]:
        close(shop, day.business_date)
    first, last = span
    plain = sums(shop, "p.business_date <= %s", last)
    trial = shown(shop, TRIAL, date=str(last))
    sides = {item["account_code"]: (item["debit"], item["credit"], item["ccy"]) for item in trial["items"]}
    assert {code: minor(debit, ccy) - minor(credit, ccy) for code, (debit, credit, ccy) in sides.items()} == plain
    assert all(total["debit"] == total["credit"] for total in trial["totals"])
    sheet = shown(shop, SHEET, date=str(last))
    assert all(total["balanced"] for total in sheet["totals"])
    worth = {code: minor for code, minor in plain.items() if code.startswith(("BANK", "DRAWER"))}
    owed = {code: -minor for code, minor in plain.items() if code.startswith(("SALES-TAX", "OPENING"))}
    assert amounts(sheet) == worth | owed
    moved = sums(shop, "p.business_date BETWEEN %s AND %s", first, last)
    earned = {code: -minor for code, minor in moved.items() if code.startswith(("SALES:", "RETURNS"))}
    spent = {code: minor for code, minor in moved.items() if code.startswith("PROCESSOR")}
    assert amounts(shown(shop, INCOME, **{"from": str(first), "to": str(last)})) == earned | spent


def test_the_results_of_all_days_are_the_result_of_the_balance_sheet(shop: Shop) -> None:
    a_shop_that_trades(shop)
    daily = [shown(shop, INCOME, **{"from": str(day), "to": str(day)})["totals"] for day in DAYS]
    for place, total in enumerate(shown(shop, SHEET, date=str(DAYS[-1]))["totals"]):
        assert minor(total["result"], total["ccy"]) == sum(
            minor(of_day[place]["result"], total["ccy"]) for of_day in daily
        )


def test_reports_of_empty_books_are_empty(shop: Shop) -> None:
    for path in (TRIAL, SHEET, INCOME):
        assert shown(shop, path)["totals"] == []


@pytest.mark.parametrize("path", [TRIAL, SHEET, INCOME])
def test_the_number_of_statements_depends_on_nothing(shop: Shop, path: str) -> None:
    counted = []
    for number, day in enumerate(DAYS[:3]):
        more = [(account, 100) for account, _ in PAIRS[:number]]
        post(shop, day, *more, (BANK, 7), (EQUITY, -7 - 100 * number), key=str(day))
        with CaptureQueriesContext(connection) as queries:
            shown(shop, path)
        counted.append(len([query for query in queries.captured_queries if "balance_snapshots" in query["sql"]]))
        close(shop, day)
    assert counted == [1, 1, 1]


@pytest.mark.parametrize("text", ["x", "2026-02-30", "20260225", "2026-02-25T00:00:00Z", "2026-02-25\x00", "-1"])
@pytest.mark.parametrize("path", [TRIAL, SHEET, INCOME])
def test_what_is_no_day_is_refused(shop: Shop, path: str, text: str) -> None:
    name = "from" if path == INCOME else "date"
    assert_problem(shop.get(path, **{name: text}), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize("span", [("2026-02-25", "2026-02-24"), ("2999-01-01", "")])
def test_a_span_the_wrong_way_round_is_refused(shop: Shop, span: tuple[str, str]) -> None:
    assert_problem(shop.get(INCOME, **{"from": span[0], "to": span[1]}), 400, "INVALID_PARAMETER")


def test_reports_of_two_tenants_stay_apart(shop: Shop) -> None:
    other = open_shop()
    a_shop_that_trades(other)
    post(shop, DAYS[0], (BANK, 7), (EQUITY, -7), key="a")
    assert shown(shop, SHEET, date=str(DAYS[3]))["totals"] == [
        {"ccy": "USD", "assets": "0.07", "liabilities": "0.00", "equity": "0.07", "result": "0.00", "balanced": True}
    ]
    assert [row["account_code"] for row in shown(shop, TRIAL)["items"]] == ["BANK:USD", "OPENING-EQUITY:USD"]
