"""Balances over the API: now, as of an instant, as of a business day, of an account and of the whole chart."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountRef
from ledgersafe import setup
from tests.conftest import Shop, open_shop
from tests.scenes.bookkeeping import (
    BANK,
    DRAWER,
    EQUITY,
    FEES,
    SALES,
    TAX,
    YEN,
    YEN_SALES,
    close,
    db_now,
    iso,
    minor,
    post,
    reverse,
    shown,
    sums,
)
from tests.scenes.till import assert_problem

#: Journals without a cause, which verify_books would name; what they come to is compared with plain sums instead.
pytestmark = pytest.mark.cooks_the_books
MONDAY = date(2026, 2, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
PAIRS = [(BANK, SALES), (DRAWER, TAX), (BANK, EQUITY), (FEES, BANK), (YEN, YEN_SALES)]


def balance_of(shop: Shop, account: AccountRef, **parameters: str) -> int:
    body = shown(shop, f"/v1/accounts/{account.code}/balance", **parameters)
    return minor(body["balance"], body["ccy"])


def chart(shop: Shop, **parameters: str) -> dict[str, int]:
    items = shown(shop, "/v1/reports/balances", **parameters)["items"]
    return {item["account_code"]: minor(item["balance"], item["ccy"]) for item in items}


def test_a_balance_says_whose_how_much_and_when(shop: Shop) -> None:
    post(shop, MONDAY, (DRAWER, 4250), (SALES, -4250), key="a")
    assert shown(shop, "/v1/accounts/DRAWER:store-1/till-2:USD/balance", as_of="2026-02-23") == {
        "account_code": "DRAWER:store-1/till-2:USD",
        "ccy": "USD",
        "balance": "42.50",
        "as_of": "2026-02-23",
    }
    now = shown(shop, "/api/accounts/SALES:USD/balance/")
    assert now["balance"] == "-42.50"
    assert datetime.fromisoformat(now["as_of"]) <= db_now()
    assert now["as_of"].endswith("Z")


def test_an_account_nothing_was_posted_to_has_a_balance_of_zero(shop: Shop) -> None:
    post(shop, DAYS[1], (YEN, 500), (YEN_SALES, -500), key="a")
    assert shown(shop, "/v1/accounts/BANK:JPY/balance", as_of="2026-02-23")["balance"] == "0"
    assert shown(shop, "/v1/accounts/BANK:JPY/balance")["balance"] == "500"


def test_an_instant_with_another_offset_is_the_same_instant(shop: Shop) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    body = shown(shop, "/v1/accounts/BANK:USD/balance", as_of="2099-01-01T02:00:00+02:00")
    assert (body["as_of"], body["balance"]) == ("2099-01-01T00:00:00Z", "1.00")
    unescaped = shop.client.get("/v1/accounts/BANK:USD/balance?as_of=2099-01-01T02:00:00+02:00", **shop.auth)  # type: ignore[arg-type]
    assert unescaped.json() == body


def test_a_day_counts_what_belongs_to_it_and_an_instant_what_was_recorded_by_then(shop: Shop) -> None:
    post(shop, DAYS[2], (BANK, 100), (SALES, -100), key="in-time")
    between = db_now()
    post(shop, DAYS[1], (BANK, 20), (SALES, -20), key="for-an-earlier-day")
    assert balance_of(shop, BANK, as_of=str(DAYS[1])) == 20
    assert balance_of(shop, BANK, as_of=str(DAYS[2])) == 120
    assert balance_of(shop, BANK, as_of=iso(between)) == 100
    assert balance_of(shop, BANK, as_of=iso(db_now())) == 120


def test_a_late_event_counts_in_the_open_day_it_was_posted_into(shop: Shop) -> None:
    yesterday = (db_now() - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale(occurred_at=yesterday.isoformat())).status_code == 201
    close(shop, yesterday.date())
    closed_at = db_now()
    assert shop.send(shop.sale("evt-late", occurred_at=yesterday.isoformat())).status_code == 201
    expected = {"SALES:USD": -3850, "SALES-TAX:VAT/0.2:USD": -400, "CARD-CLEARING:stripe:USD": 2250}
    assert expected.items() <= chart(shop, as_of=str(yesterday.date())).items()
    assert expected.items() <= chart(shop, as_of=iso(closed_at)).items()
    assert chart(shop)["SALES:USD"] == -7700


def test_a_reversal_undoes_from_its_own_day_and_instant_on(shop: Shop) -> None:
    journal_id = post(shop, DAYS[0], (BANK, 100), (SALES, -100), key="a")
    close(shop, DAYS[0])
    before = db_now()
    reverse(shop, journal_id, DAYS[3])
    assert [balance_of(shop, BANK, as_of=str(day)) for day in (DAYS[0], DAYS[2], DAYS[3])] == [100, 100, 0]
    assert (balance_of(shop, BANK, as_of=iso(before)), balance_of(shop, BANK)) == (100, 0)


def test_what_was_posted_to_an_account_opened_after_a_close_counts(shop: Shop) -> None:
    post(shop, DAYS[0], (BANK, 100), (SALES, -100), key="a")
    close(shop, DAYS[0])
    post(shop, DAYS[1], (BANK, 7), (TAX, -7), key="b")
    assert (balance_of(shop, TAX), balance_of(shop, TAX, as_of=iso(db_now()))) == (-7, -7)
    assert balance_of(shop, TAX, as_of=str(DAYS[0])) == 0


def test_a_snapshot_of_a_day_that_is_open_is_no_base(shop: Shop) -> None:
    post(shop, DAYS[0], (BANK, 100), (SALES, -100), key="a")
    close(shop, DAYS[0])
    post(shop, DAYS[1], (BANK, 20), (SALES, -20), key="b")
    shop.rows(
        "INSERT INTO balance_snapshots (tenant_id, account_id, business_date, balance_minor)"
        " SELECT tenant_id, id, DATE '2026-02-24', 999 FROM accounts WHERE tenant_id = %s RETURNING id"
    )
    assert balance_of(shop, BANK) == balance_of(shop, BANK, as_of=iso(db_now())) == 120


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("post"), st.sampled_from(DAYS), st.sampled_from(PAIRS), st.integers(1, 10**12)),
            st.tuples(st.just("reverse"), st.sampled_from(DAYS), st.integers(0, 9), st.just(0)),
            st.just(("close", None, None, 0)),
        ),
        min_size=1,
        max_size=14,
    )
)
def test_every_balance_of_random_books_is_the_plain_sum_over_postings(books: None, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    shop = open_shop()
    instants, open_days, opened, journals = [db_now()], list(DAYS), set(), []
    for number, (what, day, other, amount) in enumerate(steps):
        if what == "close":
            if open_days and open_days[0] in opened:
                close(shop, open_days.pop(0))
        elif day not in open_days:
            continue
        elif what == "post":
            opened.add(day)
            journals.append(post(shop, day, (other[0], amount), (other[1], -amount), key=str(number)))
        elif other < len(journals):
            opened.add(day)
            reverse(shop, journals.pop(other), day)
        instants.append(db_now())
    for day in [DAYS[0] - timedelta(days=1), *DAYS]:
        assert chart(shop, as_of=str(day)) == sums(shop, "p.business_date <= %s", day)
    for instant in instants:
        expected = sums(shop, "j.recorded_at <= %s", instant)
        assert chart(shop, as_of=iso(instant)) == expected
        assert all(balance_of(shop, pair[0], as_of=iso(instant)) == expected[pair[0].code]
                   for pair in PAIRS if pair[0].code in expected)  # fmt: skip
    assert chart(shop) == sums(shop)


@pytest.mark.parametrize("path", ["accounts/BANK:USD/balance", "reports/balances"])
@pytest.mark.parametrize("as_of", ["", "2026-02-25", "2099-01-01T00:00:00Z"])
def test_the_number_of_statements_depends_on_nothing(shop: Shop, path: str, as_of: str) -> None:
    counted = []
    for day in DAYS[:3]:
        for pair in PAIRS:
            post(shop, day, (pair[0], 10), (pair[1], -10), key=f"{day}{pair}")
        with CaptureQueriesContext(connection) as queries:
            shown(shop, f"/v1/{path}", as_of=as_of)
        counted.append(len([query for query in queries.captured_queries if "balance_snapshots" in query["sql"]]))
        close(shop, day)
    assert counted == [1, 1, 1]


@pytest.mark.parametrize(
    "as_of",
    ["yesterday", "2026-02-30", "20260225", "2026-W09-3", "2026-02-25T10:00:00", "2026-02-25T25:00:00Z",
     "1", "٢٠٢٦-02-25", "2026-02-25\x00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "NaN",
     "2026-02-25 10:00"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["accounts/BANK:USD/balance", "reports/balances"])
def test_what_is_neither_instant_nor_day_is_refused(shop: Shop, path: str, as_of: str) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    assert_problem(shop.get(f"/v1/{path}", as_of=as_of), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_days_and_instants_at_the_ends_of_time_are_answered(shop: Shop, as_of: str) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    assert balance_of(shop, BANK, as_of=as_of) == (100 if as_of.startswith("9") else 0)


@pytest.mark.parametrize("what", ["balance", "statement", "explain"])
@pytest.mark.parametrize("code", ["NOPE", "%00", "BANK:usd", "a/b/balance", "%25", "ÿ"])
def test_an_unknown_account_is_404(shop: Shop, code: str, what: str) -> None:
    assert_problem(shop.get(f"/v1/accounts/{code}/{what}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("what", ["balance", "statement", "explain"])
def test_a_foreign_account_answers_exactly_as_an_absent_one(shop: Shop, what: str) -> None:
    other = open_shop()
    post(other, MONDAY, (BANK, 100), (SALES, -100), key="a")
    foreign, absent = shop.get(f"/v1/accounts/BANK:USD/{what}"), shop.get(f"/v1/accounts/NOPE/{what}")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content


def test_books_of_the_same_codes_stay_apart(shop: Shop) -> None:
    other = open_shop()
    post(other, MONDAY, (BANK, 999), (SALES, -999), key="a")
    close(other, MONDAY)
    post(shop, MONDAY, (BANK, 1), (SALES, -1), key="a")
    assert chart(shop) == chart(shop, as_of=iso(db_now())) == {"BANK:USD": 1, "SALES:USD": -1}
    assert chart(other) == chart(other, as_of=iso(db_now())) == {"BANK:USD": 999, "SALES:USD": -999}


PATHS = [
    *(f"accounts/BANK:USD/{what}" for what in ("balance", "statement", "explain")),
    *(f"reports/{name}" for name in ("balances", "trial-balance", "balance-sheet", "income-statement")),
]


@pytest.mark.parametrize("path", PATHS)
def test_reading_needs_the_scope_for_it(shop: Shop, path: str) -> None:
    post(shop, MONDAY, (BANK, 100), (SALES, -100), key="a")
    assert_problem(shop.client.get(f"/v1/{path}"), 401, "NOT_AUTHENTICATED")
    for scope, status in (("ledger:read", 200), ("events:write", 403)):
        _, key = setup.create_api_key(slug=shop.slug, scopes=[scope], actor="system:test", now=db_now())
        assert shop.client.get(f"/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {key}").status_code == status
    assert_problem(shop.post(f"/v1/{path}", {}), 405, "METHOD_NOT_ALLOWED")
