"""What a return leaves to its sale is filled in: shares that never add up to more, money that goes back as it came."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.journals import JournalDraft
from ledgersafe.values import exact_json
from pos.contract import Event, Hold, read_event
from pos.models.figures import Figures
from pos.references import Original, Usage, total_of
from pos.rules import ReferringPosting, draft_against, draft_of
from tests.pos.rules.test_sale import ENVELOPE, item, lines, pay
from tests.scenes.till import raw

TAX = {"code": "V", "rate": 0.2}


def event(**fields: Any) -> Event:
    """As read from the wire."""
    reading = read_event(exact_json.parse_object(raw(ENVELOPE | fields).decode()), base_currency="USD")
    assert isinstance(reading, Event), reading
    return reading


def against(sale: dict[str, Any], **fields: Any) -> JournalDraft | Hold:
    """The draft of a return of this sale."""
    sold = event(**sale)
    draft = draft_of(sold)
    assert isinstance(draft, JournalDraft)
    original = Original("e", sold, 1, sold.occurred_at.date(), draft.lines, Figures(), Usage())
    decision = draft_against(event(event_type="RETURN", event_id="r", **fields), original)
    return decision.draft if isinstance(decision, ReferringPosting) else decision


TAXED = {"total_amount": 12, "line_items": [item(10)], "tax_lines": [TAX | {"amount": 2}], "tenders": [pay("CASH", 12)]}
INCLUDED = {"total_amount": 12, "line_items": [item(12)], "tax_lines": [TAX | {"amount": 2, "inclusive": True}]}
RICH: dict[str, Any] = {
    "total_amount": 13, "line_items": [item(10)], "discounts": [{"code": "D", "amount": 1}], "tips": [{"amount": 3}],
    "service_charges": [{"amount": 1}],
}  # fmt: skip
CARDS = {"total_amount": 30, "line_items": [item(20, category="GIFT_CARD"), item(10)], "tenders": [pay("CARD", 30)]}
SPLIT = {"total_amount": 10, "tenders": [pay("CASH", 3.33), pay("CARD", 6.67)]}
ROUNDED = {"total_amount": 12.02, "currency": "CHF", "tenders": [pay("CASH", 12)]}
DRAWER, EXTERNAL, TAX_ACCOUNT = "DRAWER:s/r:USD", "EXTERNAL-CLEARING:USD", "SALES-TAX:V/0.2:USD"
CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, int]]] = [
    ("half of a taxed sale", TAXED, {"total_amount": 6}, {DRAWER: -600, "RETURNS:USD": 500, TAX_ACCOUNT: 100}),
    ("a cent of it", TAXED, {"total_amount": 0.01}, {DRAWER: -1, "RETURNS:USD": 1}),
    ("a third, rounded down", TAXED, {"total_amount": 4}, {DRAWER: -400, "RETURNS:USD": 334, TAX_ACCOUNT: 66}),
    ("all of a sale with its tax included", INCLUDED, {"total_amount": 12},
     {EXTERNAL: -1200, "RETURNS:USD": 1000, TAX_ACCOUNT: 200}),
    ("all of everything", RICH, {"total_amount": 13},
     {EXTERNAL: -1300, "RETURNS:USD": 1000, "DISCOUNTS:USD": -100, "TIPS-PAYABLE:USD": 300,
      "SERVICE-CHARGES:USD": 100}),
    ("half of a gift card and goods", CARDS, {"total_amount": 15},
     {"CARD-CLEARING:USD": -1500, "GIFT-CARDS:USD": 1000, "RETURNS:USD": 500}),
    ("a part of what two tenders paid", SPLIT, {"total_amount": 5},
     {DRAWER: -167, "CARD-CLEARING:USD": -333, "RETURNS:USD": 500}),
    ("all of what two tenders paid", SPLIT, {"total_amount": 10},
     {DRAWER: -333, "CARD-CLEARING:USD": -667, "RETURNS:USD": 1000}),
    ("another tender than it was paid with", SPLIT, {"total_amount": 5, "tenders": [pay("STORE_CREDIT", 5)]},
     {"STORE-CREDIT:USD": -500, "RETURNS:USD": 500}),
    ("what was rounded is given back rounded", ROUNDED, {"total_amount": 12.02, "currency": "CHF"},
     {"DRAWER:s/r:CHF": -1200, "ROUNDING:CHF": -2, "RETURNS:CHF": 1202}),
    ("its own tax", TAXED, {"total_amount": 6, "tax_lines": [TAX | {"amount": 0.5}]},
     {DRAWER: -600, "RETURNS:USD": 550, TAX_ACCOUNT: 50}),
    ("a line and its discount", RICH, {"line_items": [item(5)]},
     {EXTERNAL: -450, "RETURNS:USD": 500, "DISCOUNTS:USD": -50}),
    ("a line that says it is all there is", TAXED, {"total_amount": 5, "line_items": [item(5)]},
     {DRAWER: -500, "RETURNS:USD": 500}),
]  # fmt: skip


@pytest.mark.parametrize(("sale", "fields", "booked"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_it_returns(sale: dict[str, Any], fields: dict[str, Any], booked: dict[str, int]) -> None:
    assert lines(against(sale, **fields)) == booked


def test_a_sale_of_nothing_has_nothing_to_return() -> None:
    hold = against({"total_amount": 0}, total_amount=1)
    assert isinstance(hold, Hold)
    assert hold.reason_code == "CANNOT_EXCEED_ORIGINAL"


@settings(max_examples=200)
@given(st.data())
def test_whatever_is_returned_in_parts_gives_no_tax_tip_or_discount_back_twice(data: st.DataObject) -> None:
    """And a return of the whole gives back exactly what was taken."""
    cents = st.integers(0, 5_000)
    basket, tax, tip, discount = (data.draw(cents, label=name) for name in ("basket", "tax", "tip", "discount"))
    basket += discount + 1
    sale: dict[str, Any] = {
        "line_items": [item(basket / 100)], "tax_lines": [TAX | {"amount": tax / 100}], "tips": [{"amount": tip / 100}],
        "discounts": [{"code": "D", "amount": discount / 100}], "tenders": None,
    }  # fmt: skip
    whole = total_of(event(**sale))
    sale["total_amount"] = whole / 100
    cuts = (
        sorted(data.draw(st.lists(st.integers(1, whole - 1), max_size=4, unique=True), label="cuts"))
        if whole > 1
        else []
    )
    given: dict[str, int] = {}
    for start, end in zip([0, *cuts], [*cuts, whole], strict=True):
        for account, amount in lines(against(sale, total_amount=(end - start) / 100)).items():
            given[account] = given.get(account, 0) + amount
    taken = lines(draft_of(event(**sale)))
    for account in (TAX_ACCOUNT, "TIPS-PAYABLE:USD", "DISCOUNTS:USD"):
        assert abs(given.get(account, 0)) <= abs(taken.get(account, 0))
        assert cuts or given.get(account, 0) == -taken.get(account, 0)
    assert given[EXTERNAL] == -taken[EXTERNAL]
