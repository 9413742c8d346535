"""Returns, voids, corrections and tips over the API: what each does to the books, and what is held."""

import json
from typing import Any

import pytest

from tests.conftest import Shop
from tests.scenes.returns import NOTHING, SOLD, about, balances, figures, journals

TOO_MUCH = "CANNOT_EXCEED_ORIGINAL"


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop that has sold for 42.50: 30 + 8.50 and 4 of tax; 20 in cash and 22.50 by card."""
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == SOLD
    return shop


def reason(shop: Shop, event: dict[str, Any]) -> str | None:
    """Why an event is held; None when it is posted."""
    answer = shop.send(event)
    assert answer.status_code in {201, 202}, answer.content
    code: str | None = answer.json()["reason_code"]
    return code


# ── What they post ──────────────────────────────────────────────────────────────────────────────
def test_a_whole_return_undoes_the_sale_but_for_revenue_and_returns(sold: Shop) -> None:
    assert reason(sold, about(sold, "RETURN", "back", total_amount=42.5)) is None
    assert balances(sold) == {"SALES:USD": -3850, "RETURNS:USD": 3850}
    assert figures(sold) == (1, 1, 3850, 3850, 0, 0, 0, 0, 0, 0)


def test_a_return_of_a_line_takes_its_share_of_the_tax(sold: Shop) -> None:
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    assert reason(sold, about(sold, "RETURN", "back", line_items=[line], method="cash")) is None
    tax = 400 * 850 // 3850
    assert balances(sold) == SOLD | {
        "DRAWER:store-1/till-1:USD": 2000 - 850 - tax,
        "RETURNS:USD": 850,
        "SALES-TAX:VAT/0.2:USD": -400 + tax,
    }


def test_store_credit_is_issued_for_a_return(sold: Shop) -> None:
    credit = [{"method": "STORE_CREDIT", "amount": 42.5}]
    assert reason(sold, about(sold, "RETURN", "back", total_amount=42.5, tenders=credit)) is None
    assert balances(sold)["STORE-CREDIT:USD"] == -4250
    assert sold.rows("SELECT sum(store_credit_minor), sum(liabilities_minor) FROM sales WHERE tenant_id = %s") == [
        (-4250, 0)
    ]


def test_a_return_in_another_store_takes_the_cash_from_its_own_drawer(sold: Shop) -> None:
    event = about(sold, "RETURN", "back", total_amount=5, method="cash", store_id="store-2")
    assert reason(sold, event) is None
    assert balances(sold)["DRAWER:store-2/till-1:USD"] == -500


def test_a_sale_is_found_by_its_transaction(sold: Shop) -> None:
    event = about(sold, "RETURN", "back", total_amount=42.5, references={"original_txn_id": "txn-sold"})
    assert reason(sold, event) is None


def test_a_transaction_that_two_sales_have_is_ambiguous(sold: Shop) -> None:
    assert sold.send(sold.sale("again", txn_id="txn-sold")).status_code == 201
    event = about(sold, "RETURN", "back", total_amount=42.5, references={"original_txn_id": "txn-sold"})
    assert reason(sold, event) == "MISSING_REFERENCE"
    assert sold.number("event_waits") == 0


@pytest.mark.parametrize("kind", ["VOID", "CANCEL"])
def test_a_void_leaves_nothing(sold: Shop, kind: str) -> None:
    assert reason(sold, about(sold, kind, "undone")) is None
    assert balances(sold) == {}
    assert set(figures(sold)) == {0}


def test_a_void_of_a_return_frees_what_it_took(sold: Shop) -> None:
    assert reason(sold, about(sold, "RETURN", "back", total_amount=42.5)) is None
    assert reason(sold, about(sold, "VOID", "kept", original="back")) is None
    assert balances(sold) == SOLD
    assert reason(sold, about(sold, "RETURN", "back-2", total_amount=42.5)) is None


def test_cash_moves_are_voided_too(sold: Shop) -> None:
    drop = sold.sale("drop", event_type="CASH_DROP", **(NOTHING | {"total_amount": 5}))
    assert reason(sold, drop) is None
    assert reason(sold, about(sold, "VOID", "undone", original="drop")) is None
    assert balances(sold) == SOLD


def test_a_correction_replaces_the_sale_under_one_group_id(sold: Shop) -> None:
    assert reason(sold, about(sold, "CORRECTION", "better", total_amount=10, method="cash")) is None
    assert balances(sold) == {"DRAWER:store-1/till-1:USD": 1000, "SALES:USD": -1000}
    assert figures(sold)[:3] == (1, 0, 1000)
    group = sold.rows("SELECT source, kind FROM journals WHERE tenant_id = %s AND source_key = 'better' ORDER BY 1")
    assert group == [("correction", "REVERSAL"), ("event", "CORRECTION")]
    assert reason(sold, about(sold, "RETURN", "back", total_amount=11)) == TOO_MUCH
    assert reason(sold, about(sold, "RETURN", "back-2", original="better", total_amount=10)) is None
    assert reason(sold, about(sold, "CORRECTION", "worse", total_amount=10)) == TOO_MUCH


def test_a_tip_is_adjusted_on_the_card(sold: Shop) -> None:
    assert reason(sold, about(sold, "TIP_ADJUST", "tip", total_amount=5)) is None
    assert reason(sold, about(sold, "TIP_ADJUST", "less", total_amount=-2)) is None
    assert balances(sold) == SOLD | {"CARD-CLEARING:stripe:USD": 2550, "TIPS-PAYABLE:USD": -300}
    assert reason(sold, about(sold, "TIP_ADJUST", "no", total_amount=-4)) == TOO_MUCH


@pytest.mark.parametrize(
    ("text", "account"), [("house_account", "HOUSE-ACCOUNTS:USD"), ("deposit", "CUSTOMER-DEPOSITS:USD")]
)
def test_what_customers_pay_in_is_booked_to_them(shop: Shop, text: str, account: str) -> None:
    assert reason(shop, shop.sale("paid", event_type="PAID_IN", reason=text, **(NOTHING | {"total_amount": 5}))) is None
    assert balances(shop) == {"DRAWER:store-1/till-1:USD": 500, account: -500}


# ── What is held ────────────────────────────────────────────────────────────────────────────────
LINE = {"sku": "A", "qty": 1, "amount": 30}
HELD: list[tuple[str, str, list[dict[str, Any]], dict[str, Any]]] = [
    ("above the original", TOO_MUCH, [], {"total_amount": 42.51}),
    ("second over the rest", TOO_MUCH, [{"total_amount": 40}], {"total_amount": 2.51}),
    ("of a voided sale", TOO_MUCH, [{"event_type": "VOID"}], {"total_amount": 1}),
    ("of a line twice", TOO_MUCH, [{"line_items": [LINE]}], {"line_items": [LINE]}),
    ("of more of a line", TOO_MUCH, [], {"line_items": [LINE | {"qty": 2}]}),
    ("of a line for more than it was sold for", TOO_MUCH, [], {"line_items": [LINE | {"amount": 31}]}),
    ("of an article never sold", TOO_MUCH, [], {"line_items": [{"sku": "C", "amount": 1}]}),
    ("of nothing", "SIGN_MISMATCH", [], {"total_amount": 0}),
    ("without amount", "SCHEMA_VALIDATION_FAILED", [], {}),
    ("of a negative amount", "SIGN_MISMATCH", [], {"total_amount": -1}),
    ("in another currency", "UNKNOWN_CURRENCY", [], {"total_amount": 1, "currency": "EUR"}),
    ("that does not add up", "TOTALS_MISMATCH", [], {"total_amount": 29, "line_items": [LINE]}),
    ("of a return", TOO_MUCH, [{"total_amount": 5}],
     {"total_amount": 1, "references": {"original_event_id": "before-0"}}),
    ("void twice", TOO_MUCH, [{"event_type": "VOID"}], {"event_type": "CANCEL"}),
    ("void after a return", TOO_MUCH, [{"total_amount": 1}], {"event_type": "VOID"}),
    ("void after a tip", TOO_MUCH, [{"event_type": "TIP_ADJUST", "total_amount": 1}], {"event_type": "VOID"}),
    ("void of another day", TOO_MUCH, [], {"event_type": "VOID", "occurred_at": "2026-02-26T09:00:00Z"}),
    ("void of another store", TOO_MUCH, [], {"event_type": "VOID", "store_id": "store-2"}),
    ("void of another amount", "TOTALS_MISMATCH", [], {"event_type": "VOID", "total_amount": 40}),
    ("correction below what was returned", TOO_MUCH, [{"total_amount": 20}],
     {"event_type": "CORRECTION", "total_amount": 19}),
    ("tip of nothing", "SIGN_MISMATCH", [], {"event_type": "TIP_ADJUST", "total_amount": 0}),
    ("absent sale", "MISSING_REFERENCE", [], {"total_amount": 1, "references": {"original_event_id": "nobody"}}),
    ("absent transaction", "MISSING_REFERENCE", [], {"total_amount": 1, "references": {"original_txn_id": "x"}}),
    ("itself", "MISSING_REFERENCE", [], {"total_amount": 1, "references": {"original_event_id": "late"}}),
    ("nothing named", "MISSING_REFERENCE", [], {"total_amount": 1, "references": {}}),
    ("no references", "MISSING_REFERENCE", [], {"total_amount": 1, "references": None}),
    ("references of another shape", "SCHEMA_VALIDATION_FAILED", [], {"total_amount": 1, "references": "sold"}),
    ("a reference that is no text", "SCHEMA_VALIDATION_FAILED", [],
     {"total_amount": 1, "references": {"original_event_id": 7}}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "before", "fields"), [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_it_holds(sold: Shop, code: str, before: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    for number, done in enumerate(before):
        assert reason(sold, about(sold, "RETURN", f"before-{number}", **done)) is None
    stood = journals(sold)
    assert reason(sold, about(sold, "RETURN", "late", **fields)) == code
    assert journals(sold) == stood


def test_another_tenants_sale_is_as_absent_as_none(sold: Shop, shop: Shop, books: None) -> None:
    from tests.conftest import open_shop

    other = open_shop()
    assert reason(other, about(other, "RETURN", "back", total_amount=1)) == "MISSING_REFERENCE"


# ── Order ───────────────────────────────────────────────────────────────────────────────────────
def test_a_return_that_comes_first_is_released_by_its_sale(shop: Shop) -> None:
    early = about(shop, "RETURN", "back", total_amount=42.5)
    assert reason(shop, early) == "MISSING_REFERENCE"
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == {"SALES:USD": -3850, "RETURNS:USD": 3850}
    assert shop.send(early).status_code == 200
    decided = "SELECT actor, notes <> '' FROM exception_resolutions WHERE tenant_id = %s"
    assert shop.rows(decided) == [("system:references", True)]


def test_a_whole_chain_is_released(shop: Shop) -> None:
    assert reason(shop, about(shop, "VOID", "kept", original="back")) == "MISSING_REFERENCE"
    by_transaction = {"original_txn_id": "txn-sold"}
    assert reason(shop, about(shop, "RETURN", "back", total_amount=5, references=by_transaction)) == "MISSING_REFERENCE"
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == SOLD
    assert shop.number("sale_references") == 3


def test_a_batch_may_have_them_in_any_order(shop: Shop) -> None:
    events = [
        about(shop, "VOID", "kept", original="back"),
        about(shop, "RETURN", "back", total_amount=5),
        about(shop, "RETURN", "back", total_amount=5),
        about(shop, "RETURN", "more", total_amount=37.51),
        about(shop, "CORRECTION", "better", original="other", total_amount=10),
        about(shop, "RETURN", "rest", original="other", total_amount=10),
        shop.sale("other"),
        shop.sale("sold"),
    ]
    answer = shop.post("/v1/events/batch", json.dumps({"events": events}).encode()).json()
    results = [(row["result"], row["reason_code"]) for row in answer["results"]]
    done = ("processed", None)
    assert results == [
        done, done, ("duplicate", None), ("quarantined", TOO_MUCH), done, done, done, done,
    ]  # fmt: skip


@pytest.mark.parametrize("named", [{"original_txn_id": "txn-9"}, {"original_event_id": "sold"}])
@pytest.mark.parametrize("order", [1, -1])
def test_a_correction_and_a_return_that_both_came_early_are_both_released(
    shop: Shop, named: dict[str, str], order: int
) -> None:
    """The return waits for the correction as well: what has to wait once more is not given up."""
    cash: Any = {
        "tenders": [{"method": "CASH", "amount": 5}],
        "tax_lines": [{"code": "VAT", "rate": 0.2, "amount": 0.5}],
    }
    early = [
        about(shop, "CORRECTION", "c", total_amount=20, method="cash", references=named),
        about(shop, "RETURN", "r", total_amount=5, references=named, **cash),
    ]
    for event in early[::order]:
        assert shop.send(event).status_code == 202
    assert shop.send(shop.sale("sold", txn_id="txn-9")).status_code == 201
    assert shop.rows("SELECT count(*) FROM exceptions WHERE tenant_id = %s AND status = 'open'") == [(0,)]
