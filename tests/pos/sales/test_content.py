"""Lines, tenders and taxes of each kind of event, as they are projected."""

from typing import Any

import pytest

from pos.sales import project_event, project_sales
from tests.conftest import Shop
from tests.scenes.projection import projected, rows_of
from tests.scenes.returns import NOTHING, about

#: The ordinary sale of `Shop.sale`: (article, quantity, amount, of a return), (method, processor, currency, amount),
#: (code, rate, inclusive, amount).
A, B = ("A", 1, 3000, False), ("B", 1, 850, False)
CASH, CARD = ("CASH", "", "USD", 2000), ("CARD", "stripe", "USD", 2250)
VAT = ("VAT", "0.2", False, 400)
LINE_B: dict[str, Any] = {"sku": "B", "qty": 1, "amount": 8.5}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    assert shop.send(shop.sale("sold")).status_code == 201
    return shop


def turned(*row: Any) -> tuple[Any, ...]:
    """With quantity and amount below zero."""
    return tuple(-value if isinstance(value, int) and not isinstance(value, bool) else value for value in row)


def test_a_sale_has_its_lines_tenders_and_taxes(sold: Shop) -> None:
    assert projected(sold, 1) == 1
    assert rows_of(sold, "sold") == [([A, B], [CASH, CARD], [VAT])]


def test_a_sale_by_its_total_alone_has_no_lines_and_the_tender_that_was_assumed(shop: Shop) -> None:
    alone = {"line_items": None, "tax_lines": None, "tenders": None, "total_amount": 12}
    assert shop.send(shop.sale("unknown", **alone)).status_code == 201
    assert shop.send(shop.sale("cash", **alone, method="cash")).status_code == 201
    assert projected(shop, 2) == 2
    assert rows_of(shop, "unknown") == [([], [("EXTERNAL", "", "USD", 1200)], [])]
    assert rows_of(shop, "cash") == [([], [("CASH", "", "USD", 1200)], [])]


def test_a_return_of_lines_takes_the_shares_of_its_sale(sold: Shop) -> None:
    assert sold.send(about(sold, "RETURN", "back", line_items=[LINE_B], method="cash")).status_code == 201
    assert projected(sold, 2) == 2
    tax = 400 * 850 // 3850
    assert rows_of(sold, "back") == [
        ([("B", -1, -850, True)], [("CASH", "", "USD", -850 - tax)], [turned("VAT", "0.2", False, tax)])
    ]


def test_a_return_by_total_has_no_lines_and_goes_back_the_way_it_came(sold: Shop) -> None:
    assert sold.send(about(sold, "RETURN", "back", total_amount=42.5)).status_code == 201
    assert projected(sold, 2) == 2
    assert rows_of(sold, "back") == [([], [turned(*CASH), turned(*CARD)], [turned(*VAT)])]


def test_a_return_of_a_sale_with_a_gift_card_gives_back_its_part_of_both(shop: Shop) -> None:
    lines = [{"sku": "G", "amount": 20, "category": "gift_card"}, {"sku": "A", "amount": 22.5}]
    assert shop.send(shop.sale("gift", line_items=lines, tax_lines=None)).status_code == 201
    assert shop.send(about(shop, "RETURN", "back", "gift", total_amount=21.25, method="cash")).status_code == 201
    assert projected(shop, 2) == 2
    assert rows_of(shop, "back")[0][0] == [("G", -1, -1000, True), ("", -1, -1125, True)]


@pytest.mark.parametrize("kind", ["VOID", "CANCEL"])
def test_a_void_mirrors_what_it_undoes(sold: Shop, kind: str) -> None:
    assert sold.send(about(sold, kind, "undone")).status_code == 201
    assert projected(sold, 2) == 2
    assert rows_of(sold, "undone") == [
        ([turned(*A), turned(*B)], [turned(*CASH), turned(*CARD)], [turned(*VAT)])
    ]  # fmt: skip


def test_a_void_of_a_return_brings_back_what_was_brought_back(sold: Shop) -> None:
    assert sold.send(about(sold, "RETURN", "back", line_items=[LINE_B], method="cash")).status_code == 201
    assert sold.send(about(sold, "VOID", "kept", "back")).status_code == 201
    assert projected(sold, 3) == 3
    assert rows_of(sold, "kept")[0][0] == [("B", 1, 850, True)]


def test_a_correction_has_the_mirror_and_the_sale_as_it_should_be(sold: Shop) -> None:
    right: dict[str, Any] = {"line_items": [{"sku": "A", "amount": 30}], "tenders": [{"method": "CASH", "amount": 30}]}
    assert sold.send(about(sold, "CORRECTION", "right", **right, total_amount=30)).status_code == 201
    assert projected(sold, 3) == 3
    assert sorted(rows_of(sold, "right")) == [
        ([turned(*A), turned(*B)], [turned(*CASH), turned(*CARD)], [turned(*VAT)]),
        ([A], [("CASH", "", "USD", 3000)], []),
    ]


def test_a_tip_is_on_the_card_that_paid(sold: Shop) -> None:
    assert sold.send(about(sold, "TIP_ADJUST", "more", total_amount=3)).status_code == 201
    assert sold.send(about(sold, "TIP_ADJUST", "less", total_amount=-1)).status_code == 201
    assert projected(sold, 3) == 3
    assert rows_of(sold, "more") == [([], [("CARD", "stripe", "USD", 300)], [])]
    assert rows_of(sold, "less") == [([], [("CARD", "stripe", "USD", -100)], [])]


def test_moves_of_cash_have_no_rows_and_neither_have_their_voids(shop: Shop) -> None:
    assert shop.send(shop.sale("in", event_type="PAID_IN", **(NOTHING | {"total_amount": 50}))).status_code == 201
    assert shop.send(about(shop, "VOID", "out", "in")).status_code == 201
    assert projected(shop, 2) == 2
    assert rows_of(shop, "in") == rows_of(shop, "out") == [([], [], [])]


def test_an_inclusive_tax_stays_in_the_lines(shop: Shop) -> None:
    tax = [{"code": "MWST", "rate": "0.19", "amount": 6.79, "inclusive": True}]
    assert shop.send(shop.sale("de", tax_lines=tax, line_items=[{"sku": "A", "amount": 42.5}])).status_code == 201
    assert projected(shop, 1) == 1
    assert rows_of(shop, "de")[0][::2] == ([("A", 1, 4250, False)], [("MWST", "0.19", True, 679)])


def test_another_version_reverses_the_rows_of_the_first(sold: Shop) -> None:
    """A person chooses another version: the mirror of the first journal, and the new one's own rows."""
    other = sold.sale("sold", total_amount=20, line_items=None, tax_lines=None, tenders=None)
    case = sold.send(other).json()["exception_id"]
    chosen = {"action": "override_and_replay", "resolution_notes": "Checked.", "canonical": "LAST"}
    assert sold.post(f"/v1/exceptions/{case}/resolve", chosen).status_code == 200
    assert projected(sold, 3) == 3
    assert sorted(rows_of(sold, "sold")) == [
        ([], [("EXTERNAL", "", "USD", 2000)], []),
        ([turned(*A), turned(*B)], [turned(*CASH), turned(*CARD)], [turned(*VAT)]),
        ([A, B], [CASH, CARD], [VAT]),
    ]


def test_a_patched_version_is_what_was_sold(shop: Shop) -> None:
    case = shop.send(shop.sale("wrong", total_amount=42)).json()["exception_id"]
    lines = [{"sku": "A", "qty": 1, "amount": 30}, {"sku": "C", "qty": 1, "amount": 8.5}]
    patched = {
        "action": "override_and_replay",
        "resolution_notes": "Checked.",
        "override_patch": {"total_amount": 42.5, "line_items": lines},
    }
    answer = shop.post(f"/v1/exceptions/{case}/resolve", patched)
    assert answer.status_code == 200, answer.json()
    assert projected(shop, 1) == 1
    assert rows_of(shop, "wrong") == [([A, ("C", 1, 850, False)], [CASH, CARD], [VAT])]


def test_a_quantity_stays_what_was_sent(shop: Shop) -> None:
    line = {"sku": "A", "qty": "0.123456789012345678901", "amount": 38.5}
    assert shop.send(shop.sale("fine", line_items=[line])).status_code == 201
    assert projected(shop, 1) == 1
    assert shop.rows("SELECT quantity::text FROM sale_lines WHERE tenant_id = %s") == [("0.123456789012345678901",)]


def test_projecting_again_changes_nothing(sold: Shop) -> None:
    assert projected(sold, 1) == 1
    before = rows_of(sold, "sold")
    project_event(tenant_id=sold.tenant.id, event_key="sold")
    assert project_sales(tenant_id=sold.tenant.id) == 0
    assert rows_of(sold, "sold") == before


def test_an_event_can_be_projected_before_its_turn(sold: Shop) -> None:
    project_event(tenant_id=sold.tenant.id, event_key="sold")
    assert rows_of(sold, "sold") == [([A, B], [CASH, CARD], [VAT])]
    assert projected(sold, 1) == 1
    assert sold.number("sale_lines") == 2
