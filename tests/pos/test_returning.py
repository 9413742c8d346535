"""Returns, voids, corrections and tips over the API: what each does to the books, and what is held."""

from typing import Any

import pytest

from tests.conftest import Shop

NOTHING = dict.fromkeys(("total_amount", "line_items", "tenders", "tax_lines"))


def about(shop: Shop, kind: str, event_id: str, original: str = "sold", **fields: Any) -> dict[str, Any]:
    """An event about another one, with nothing but what is said here."""
    named = {"event_type": kind, "references": {"original_event_id": original}}
    return shop.sale(event_id, **(NOTHING | named | fields))


def balances(shop: Shop) -> dict[str, int]:
    """What stands on each account that is not empty."""
    rows = shop.rows(
        """SELECT a.code, sum(p.amount_minor) FROM postings p JOIN accounts a ON a.id = p.account_id
        WHERE p.tenant_id = %s GROUP BY 1 HAVING sum(p.amount_minor) <> 0"""
    )
    return {code: int(amount) for code, amount in rows}


SOLD = {"DRAWER:store-1/till-1:USD": 2000, "CARD-CLEARING:stripe:USD": 2250, "SALES:USD": -3850,
        "SALES-TAX:VAT/0.2:USD": -400}  # fmt: skip


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop that has sold for 42.50: 30 + 8.50 and 4 of tax; 20 in cash and 22.50 by card."""
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == SOLD
    return shop


def test_a_whole_return_undoes_the_sale_but_for_revenue_and_returns(sold: Shop) -> None:
    assert sold.send(about(sold, "RETURN", "back", total_amount=42.5)).status_code == 201
    assert balances(sold) == {"SALES:USD": -3850, "RETURNS:USD": 3850}


def test_a_return_of_a_line(sold: Shop) -> None:
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    assert sold.send(about(sold, "RETURN", "back", line_items=[line], method="cash")).status_code == 201
    tax = 400 * 850 // 3850
    assert balances(sold) == SOLD | {
        "DRAWER:store-1/till-1:USD": 2000 - 850 - tax,
        "RETURNS:USD": 850,
        "SALES-TAX:VAT/0.2:USD": -400 + tax,
    }


def test_a_void_leaves_nothing(sold: Shop) -> None:
    assert sold.send(about(sold, "VOID", "undone")).status_code == 201
    assert balances(sold) == {}


def test_a_correction_replaces_the_sale(sold: Shop) -> None:
    answer = sold.send(about(sold, "CORRECTION", "better", total_amount=10, method="cash"))
    assert answer.status_code == 201
    assert balances(sold) == {"DRAWER:store-1/till-1:USD": 1000, "SALES:USD": -1000}
    assert sold.send(about(sold, "RETURN", "back", total_amount=11)).json()["reason_code"] == "CANNOT_EXCEED_ORIGINAL"
    assert sold.send(about(sold, "RETURN", "back-2", total_amount=10)).status_code == 201


def test_a_tip_is_adjusted_on_the_card(sold: Shop) -> None:
    assert sold.send(about(sold, "TIP_ADJUST", "tip", total_amount=5)).status_code == 201
    assert sold.send(about(sold, "TIP_ADJUST", "less", total_amount=-2)).status_code == 201
    assert balances(sold) == SOLD | {"CARD-CLEARING:stripe:USD": 2550, "TIPS-PAYABLE:USD": -300}
    assert sold.send(about(sold, "TIP_ADJUST", "no", total_amount=-4)).json()["reason_code"] == "CANNOT_EXCEED_ORIGINAL"


def test_a_return_that_comes_first_is_released_by_its_sale(shop: Shop) -> None:
    early = about(shop, "RETURN", "back", total_amount=42.5)
    answer = shop.send(early).json()
    assert (answer["result"], answer["reason_code"]) == ("quarantined", "MISSING_REFERENCE")
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == {"SALES:USD": -3850, "RETURNS:USD": 3850}
    assert shop.send(early).status_code == 200
