"""A sale paid in a foreign currency: converted by the rate of its instant, bridged by the clearing accounts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledgersafe.operations.verification import verify
from tests.conftest import Shop
from tests.scenes.fx import put
from tests.scenes.returns import about
from tests.scenes.transfers import balances

SOLD = "2026-02-25T09:30:00Z"
EURO = {"method": "CASH", "amount": "39.24", "currency": "EUR"}  # 42.50 dollars at 1.0832


def rate(shop: Shop, pair: str = "EUR/USD", value: str = "1.0832", valid_from: str = "2026-02-25T00:00:00Z") -> None:
    """Record a rate."""
    assert put(shop, {"pair": pair, "rate": value, "valid_from": valid_from}).status_code == 201


def sale(shop: Shop, event_id: str = "evt-1", tenders: Any = None, **changes: Any) -> dict[str, Any]:
    """A sale of 42.50 dollars, paid in euros unless told otherwise."""
    return shop.sale(event_id, tenders=tenders or [EURO], **changes)


def lines(shop: Shop, journal: int) -> set[tuple[str, str]]:
    """(account, amount) of a journal's entries."""
    return {(e["account_code"], e["amount"]) for e in shop.get(f"/v1/journals/{journal}").json()["entries"]}


def test_the_euros_lie_in_the_drawer_and_the_sale_is_in_dollars(shop: Shop) -> None:
    rate(shop)
    answer = shop.send(sale(shop))
    assert answer.status_code == 201, answer.content
    assert lines(shop, answer.json()["journal_id"]) == {
        ("DRAWER:store-1/till-1:EUR", "39.24"),
        ("FX:CLEAR:EUR", "-39.24"),
        ("FX:CLEAR:USD", "42.50"),
        ("SALES:USD", "-38.50"),
        ("SALES-TAX:VAT/0.2:USD", "-4.00"),
    }
    kept = shop.rows(
        "SELECT source_currency, amount_minor, converted_minor, inverted FROM fx_conversions WHERE tenant_id = %s"
    )
    assert kept == [("EUR", 3924, 4250, False)]


def test_part_may_be_paid_in_the_sales_own_currency_and_part_by_an_inverse(shop: Shop) -> None:
    rate(shop)
    rate(shop, "USD/GBP", "0.8")
    tenders = [
        {"method": "CASH", "amount": "10.00", "currency": "EUR"},
        {"method": "CARD", "amount": "10.00", "currency": "EUR", "processor": "stripe"},
        {"method": "EXTERNAL", "amount": "8.00", "currency": "GBP"},
        {"method": "CASH", "amount": "10.84"},
    ]
    answer = shop.send(sale(shop, tenders=tenders))
    assert answer.status_code == 201, answer.content
    amounts = balances(shop)
    assert (
        amounts["CARD-CLEARING:stripe:EUR"],
        amounts["EXTERNAL-CLEARING:GBP"],
        amounts["DRAWER:store-1/till-1:USD"],
    ) == (
        1000,
        800,
        1084,
    )
    assert (amounts["FX:CLEAR:EUR"], amounts["FX:CLEAR:GBP"], amounts["FX:CLEAR:USD"]) == (-2000, -800, 2166 + 1000)


def test_tenders_that_do_not_come_to_the_total_are_held(shop: Shop) -> None:
    rate(shop)
    answer = shop.send(sale(shop, tenders=[EURO | {"amount": "39.00"}]))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "TOTALS_MISMATCH")


def test_without_a_rate_it_is_held_and_the_pair_is_named(shop: Shop) -> None:
    answer = shop.send(sale(shop))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "UNKNOWN_CURRENCY")
    case = shop.get(f"/v1/exceptions/{answer.json()['exception_id']}").json()["exception"]
    assert "EUR/USD" in str(case["details_json"])


@pytest.mark.parametrize("valid_from", ["2026-02-25T09:31:00Z", "2026-02-21T00:00:00Z"])
def test_a_rate_that_came_later_or_is_stale_is_none(shop: Shop, valid_from: str) -> None:
    rate(shop, valid_from=valid_from)
    assert shop.send(sale(shop)).json()["reason_code"] == "UNKNOWN_CURRENCY"


def test_the_rate_is_that_of_the_instant_it_happened(shop: Shop) -> None:
    rate(shop)
    rate(shop, value="2", valid_from="2026-02-25T09:30:01Z")
    assert shop.send(sale(shop)).status_code == 201


def test_a_later_correction_of_the_rate_leaves_the_books_as_they_are(shop: Shop) -> None:
    """And they can still be derived from what arrived: every test ends with that."""
    rate(shop)
    assert shop.send(sale(shop)).status_code == 201
    rate(shop, value="1.2")
    assert shop.send(sale(shop)).json()["result"] == "duplicate"
    assert balances(shop)["FX:CLEAR:USD"] == 4250
    assert shop.send(sale(shop, "evt-2")).json()["reason_code"] == "TOTALS_MISMATCH"


def test_a_held_sale_is_replayed_with_the_rate_known_then(shop: Shop) -> None:
    cases = [shop.send(sale(shop, f"evt-{n}")).json()["exception_id"] for n in range(3)]
    rate(shop)
    body = {"action": "override_and_replay", "resolution_notes": "The rate is there now."}
    answer = shop.post(f"/v1/exceptions/{cases[0]}/preview", body)
    assert answer.status_code == 200, answer.content
    assert shop.number("fx_conversions") == 0
    for case in cases:
        answer = shop.post(f"/v1/exceptions/{case}/resolve", body)
        assert answer.status_code == 200, answer.content
    assert shop.number("fx_conversions") == 3
    assert balances(shop)["FX:CLEAR:EUR"] == 3 * -3924


def test_a_conflict_decided_for_the_foreign_version_is_converted(shop: Shop) -> None:
    rate(shop)
    assert shop.send(shop.sale()).status_code == 201
    case = shop.send(sale(shop)).json()["exception_id"]
    body = {"action": "override_and_replay", "resolution_notes": "Paid in euros.", "canonical": "LAST"}
    assert shop.post(f"/v1/exceptions/{case}/resolve", body).status_code == 200
    assert balances(shop)["DRAWER:store-1/till-1:EUR"] == 3924


def test_a_batch_asks_for_all_its_rates_together(shop: Shop) -> None:
    rate(shop)
    rate(shop, "USD/JPY", "150")
    yen = {"method": "CASH", "amount": 6375, "currency": "JPY"}
    events = [sale(shop, f"e-{n}", [EURO if n % 2 else yen]) for n in range(10)] + [shop.sale("own"), sale(shop, "e-1")]
    with CaptureQueriesContext(connection) as queries:
        answer = shop.post("/v1/events/batch", {"events": events})
    assert answer.json()["counts"]["processed"] == 11, answer.content
    assert sum("fx_rates" in query["sql"] for query in queries) == 1
    assert sum("fx_conversions" in query["sql"] for query in queries) == 1


def test_a_sale_in_its_own_currency_asks_for_no_rate(shop: Shop) -> None:
    assert shop.send(shop.sale("warm")).status_code == 201
    with CaptureQueriesContext(connection) as queries:
        assert shop.send(shop.sale("evt-2")).status_code == 201
    assert [query for query in queries if "fx_" in query["sql"]] == []


def test_cash_of_nothing_needs_no_rate(shop: Shop) -> None:
    tenders = [EURO | {"amount": 0}, {"method": "CASH", "amount": "42.50"}]
    assert shop.send(sale(shop, tenders=tenders)).status_code == 201


def test_a_clock_that_was_never_set_is_held_for_that(shop: Shop) -> None:
    rate(shop)
    for when in (
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T00:00:00Z",
        (datetime.now(UTC) + timedelta(days=9)).isoformat(),
    ):
        answer = shop.send(sale(shop, f"evt-{when[:4]}", occurred_at=when))
        assert answer.status_code in {202, 400}, answer.content


def test_only_a_sale_is_paid_in_another_currency(shop: Shop) -> None:
    rate(shop)
    event = shop.sale(
        event_type="PAID_IN", total_amount="39.24", line_items=None, tax_lines=None, tenders=[EURO], currency="USD"
    )
    assert shop.send(event).json()["reason_code"] == "TOTALS_MISMATCH"


# ── And what becomes of it ──────────────────────────────────────────────────────────────────────
def test_a_void_of_it_gives_the_euros_back_and_leaves_nothing(shop: Shop) -> None:
    rate(shop)
    assert shop.send(sale(shop, "sold")).status_code == 201
    answer = shop.send(about(shop, "VOID", "gone"))
    assert answer.status_code == 201, answer.content
    assert balances(shop) == {}
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []


def test_a_correction_of_it_may_be_paid_in_euros_too(shop: Shop) -> None:
    rate(shop)
    assert shop.send(sale(shop, "sold")).status_code == 201
    euros = [{"method": "CASH", "amount": "20.00", "currency": "EUR"}]
    answer = shop.send(about(shop, "CORRECTION", "put-right", total_amount="21.66", tenders=euros))
    assert answer.status_code == 201, answer.content
    amounts = balances(shop)
    assert (amounts["DRAWER:store-1/till-1:EUR"], amounts["SALES:USD"]) == (2000, -2166)
    kept = shop.rows("SELECT amount_minor FROM fx_conversions WHERE tenant_id = %s ORDER BY id")
    assert kept == [(3924,), (2000,)]
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []


def test_a_return_of_it_must_say_what_is_given_back(shop: Shop) -> None:
    rate(shop)
    assert shop.send(sale(shop, "sold")).status_code == 201
    answer = shop.send(about(shop, "RETURN", "back", total_amount="10.00"))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "TOTALS_MISMATCH")
    dollars = [{"method": "CASH", "amount": "10.00"}]
    assert shop.send(about(shop, "RETURN", "back-2", total_amount="10.00", tenders=dollars)).status_code == 201
    assert [f.invariant.id for f in verify(tenant_id=shop.tenant.id).findings if f.total] == []
