"""`/v1/reports/daily-sales` and `/v1/reports/reconciliation`: what is answered to whom."""

import csv
import io
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe import setup
from pos.reports import roll_up_sales
from tests.conftest import Shop, open_shop
from tests.scenes.returns import NOTHING, about

DAILY, LAYERS = "/v1/reports/daily-sales", "/v1/reports/reconciliation"
DAY = {"from": "2026-02-25", "to": "2026-02-25"}
NOW = timezone.now
NO_STORE: dict[str, str] = {}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two stores have sold; what one of them sold is rolled up already."""
    assert shop.send(shop.sale("sold")).status_code == 201
    roll_up_sales(tenant_id=shop.tenant.id)
    assert shop.send(shop.sale("other", store_id="store-2")).status_code == 201
    return shop


def text(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def ask(shop: Shop, path: str, parameters: dict[str, str] | None = None, key: dict[str, str] | None = None) -> Any:
    """With the shop's own key, another one, or (an empty one) none."""
    headers: dict[str, Any] = shop.auth if key is None else key
    return shop.client.get(path, parameters or {}, **headers)


def key_for(shop: Shop, *scopes: str, store: str | None = None) -> dict[str, str]:
    how: dict[str, Any] = {"slug": shop.slug, "scopes": scopes, "actor": "system:test", "now": NOW()}
    if store:
        how["store_code"] = store
    _, key = setup.create_api_key(**how)
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def test_it_answers_a_line_per_day_store_and_currency_and_their_totals(sold: Shop) -> None:
    found = ask(sold, DAILY, DAY).json()
    assert [(line["date"], line["store_id"], line["currency"]) for line in found["items"]] == [
        ("2026-02-25", "store-1", "USD"),
        ("2026-02-25", "store-2", "USD"),
    ]
    assert found["items"][0] == {
        "date": "2026-02-25", "store_id": "store-1", "currency": "USD", "gross_sales": "38.50", "returns": "0.00",
        "discounts": "0.00", "net_sales": "38.50", "tax": "4.00", "tips": "0.00", "service_charges": "0.00",
        "liabilities_sold": "0.00", "total": "42.50", "cash_moved": "0.00", "average_basket": "38.50",
        "tenders": {"CASH": "20.00", "CARD": "22.50", "EXTERNAL": "0.00", "GIFT_CARD": "0.00", "STORE_CREDIT": "0.00",
                    "HOUSE_ACCOUNT": "0.00"},
        "baskets": 1, "items": 2, "returns_count": 0, "voids": 0, "corrections": 0, "sales_rung_up": 1,
        "return_rate": "0.0000", "correction_rate": "0.0000",
    }  # fmt: skip
    (total,) = found["totals"]
    assert (total["currency"], total["net_sales"], total["baskets"]) == ("USD", "77.00", 2)


def test_one_store_can_be_asked_for(sold: Shop) -> None:
    found = ask(sold, DAILY, DAY | {"store_id": "store-2"}).json()
    assert [line["store_id"] for line in found["items"]] == ["store-2"]
    assert ask(sold, DAILY, DAY | {"store_id": "nowhere"}).json()["items"] == []


def test_without_a_span_it_is_the_running_business_day(sold: Shop) -> None:
    found = ask(sold, DAILY).json()
    assert found["from"] == found["to"]
    assert found["items"] == []
    assert ask(sold, DAILY, {"from": "2026-02-25"}).json()["to"] == "2026-02-25"


def test_a_key_of_a_store_sees_its_store_alone(sold: Shop) -> None:
    bound = key_for(sold, "pos:read", store="store-2")
    seen = [
        [line["store_id"] for line in ask(sold, DAILY, DAY | wanted, bound).json()["items"]]
        for wanted in (NO_STORE, {"store_id": "store-2"}, {"store_id": "store-1"})
    ]
    assert seen == [["store-2"], ["store-2"], []]
    assert ask(sold, LAYERS, {"date": "2026-02-25"}, bound).status_code == 403


@pytest.mark.parametrize("path", [DAILY, LAYERS])
def test_it_needs_the_scope(sold: Shop, path: str) -> None:
    assert ask(sold, path, key=key_for(sold, "events:write")).status_code == 403
    assert ask(sold, path, key={}).status_code == 401
    assert ask(sold, path, key=key_for(sold, "pos:read")).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "yesterday"},
        {"from": "2026-02-26", "to": "2026-02-25"},
        {"from": "2025-01-01", "to": "2026-02-05"},
        {"format": "xlsx"},
        {"store_id": "a\x00b"},
        {"to": "2026-02-30"},
    ],
)
def test_it_refuses_what_it_cannot_read(shop: Shop, wrong: dict[str, str]) -> None:
    answer = ask(shop, DAILY, wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")


def test_it_takes_four_hundred_days_and_the_ends_of_the_calendar(shop: Shop) -> None:
    assert ask(shop, DAILY, {"from": "2025-01-01", "to": "2026-02-04"}).status_code == 200
    for day in ("0001-01-01", "9999-12-31"):
        assert ask(shop, DAILY, {"from": day, "to": day}).status_code == 200
        assert shop.get(LAYERS, date=day).status_code in {200, 400}


def test_the_csv_has_the_same_lines_and_no_formulas(sold: Shop) -> None:
    assert sold.send(sold.sale("evil", store_id="=cmd()")).status_code == 201
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    back = about(sold, "RETURN", "back", store_id="=cmd()", line_items=[line], method="cash")
    assert sold.send(back).status_code == 201
    answer = ask(sold, DAILY, DAY | {"format": "csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv")
    assert answer["Content-Disposition"] == f'attachment; filename="daily-sales-{sold.slug}-2026-02-25-2026-02-25.csv"'
    rows = list(csv.DictReader(io.StringIO(text(answer))))
    assert [row["store_id"] for row in rows] == ["'=cmd()", "store-1", "store-2"]
    assert [row["net_sales"] for row in rows] == ["30.00", "38.50", "38.50"]
    assert rows[1]["tender_cash"] == "20.00"


def test_an_amount_below_zero_stays_a_number_in_the_csv(shop: Shop) -> None:
    out = shop.sale("out", event_type="PAID_OUT", reason="petty", **(NOTHING | {"total_amount": 5}))
    assert shop.send(out).status_code == 201
    (row,) = csv.DictReader(io.StringIO(text(ask(shop, DAILY, DAY | {"format": "csv"}))))
    assert (row["cash_moved"], row["average_basket"]) == ("-5.00", "")


# ── Bronze against silver against gold ──────────────────────────────────────────────────────────
def test_the_layers_of_a_day_agree(sold: Shop) -> None:
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    for event in (
        sold.sale("sold"),
        sold.sale("held", total_amount=99),
        about(sold, "RETURN", "back", line_items=[line], method="cash"),
        about(sold, "VOID", "undone", original="other", store_id="store-2"),
        about(sold, "TIP_ADJUST", "tip", total_amount=3),
        sold.sale("drop", event_type="CASH_DROP", **(NOTHING | {"total_amount": 5})),
        sold.sale("euro", currency="EUR"),
        sold.sale("gift", line_items=[{"sku": "G", "amount": 42.5, "category": "gift_card"}], tax_lines=None),
    ):
        assert sold.send(event).status_code in {200, 201, 202}
    found = sold.get(LAYERS, date="2026-02-25").json()
    assert found["differences"] == []
    assert found["balanced"] is True
    assert found["silver"] == found["gold"]
    assert found["silver"]["headers"] == found["ledger"]["journals"] == sold.number("sales")
    dollars = {line["currency"]: line for line in found["ledger"]["totals"]}["USD"]
    assert dollars["cash"] == _cash(sold)


def _cash(shop: Shop) -> str:
    ((minor,),) = shop.rows(
        "SELECT sum(p.amount_minor) FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s AND a.role = 'DRAWER' AND p.currency = 'USD'"
    )
    return f"{minor // 100}.{minor % 100:02}"


def test_bronze_counts_what_was_received_while_the_day_ran(shop: Shop) -> None:
    today = NOW().isoformat()
    for event in (
        shop.sale("new", occurred_at=today),
        shop.sale("new", occurred_at=today),
        shop.sale("old"),
        shop.sale("held", event_type="TELEPORT"),
    ):
        shop.send(event)
    shop.send(b"no event")
    bronze = shop.get(LAYERS).json()["bronze"]
    assert bronze["received"] == 5
    assert bronze["unique_events"] == 3
    assert bronze["results"] == {"processed": 2, "duplicate": 1, "quarantined": 1, "rejected": 1}
    assert (bronze["journals"], bronze["journals_of_this_date"], bronze["journals_of_other_dates"]) == (2, 1, 1)


def test_another_tenants_day_is_not_told(sold: Shop, books: None) -> None:
    found = open_shop().get(LAYERS, date="2026-02-25").json()
    assert (found["balanced"], found["silver"]["headers"], found["ledger"]["journals"]) == (True, 0, 0)
