"""Posting rules: what each event does to the books, and what is held because it would be a guess."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.journals import JournalDraft
from ledgersafe.values import exact_json
from ledgersafe.values.money import cash_rounding_limit
from pos.contract import Event, Hold, read_event
from pos.rules import draft_of
from tests.scenes.till import raw

ENVELOPE: dict[str, Any] = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "s", "register_id": "r", "source_system": "pos",
    "event_id": "e",
    "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00Z", "txn_id": "x", "currency": "USD",
}  # fmt: skip


def draft_from(**fields: Any) -> JournalDraft | Hold:
    """The draft of an event read as it is read from the wire, or why it is held."""
    payload = exact_json.parse_object(raw(ENVELOPE | fields).decode())
    event = read_event(payload, base_currency="USD")
    return draft_of(event) if isinstance(event, Event) else event


def lines(draft: JournalDraft | Hold) -> dict[str, int]:
    """Lines by account code."""
    assert isinstance(draft, JournalDraft), draft
    assert len({line.account for line in draft.lines}) == len(draft.lines)
    return {line.account.code: line.amount_minor for line in draft.lines}


def pay(method: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {"method": method, "amount": amount, **more}


def item(amount: Any, **more: Any) -> dict[str, Any]:
    return {"sku": "A", "amount": amount, **more}


DRAWER, SALES = "DRAWER:s/r:USD", "SALES:USD"
POSTED: list[tuple[str, dict[str, Any], dict[str, int]]] = [
    ("only a total", {"total_amount": 5}, {"EXTERNAL-CLEARING:USD": 500, SALES: -500}),
    ("only a total, in cash", {"total_amount": 5, "method": "cash"}, {DRAWER: 500, SALES: -500}),
    ("only a total, in cash too", {"total_amount": 5, "payment_method": "CASH"}, {DRAWER: 500, SALES: -500}),
    ("only lines", {"line_items": [item(2), item("3.00")]}, {"EXTERNAL-CLEARING:USD": 500, SALES: -500}),
    ("cash", {"total_amount": 5, "tenders": [pay("CASH", 5)]}, {DRAWER: 500, SALES: -500}),
    ("type for method", {"total_amount": 5, "tenders": [{"type": "CASH", "amount": 5}]}, {DRAWER: 500, SALES: -500}),
    ("no register", {"total_amount": 5, "register_id": None, "tenders": [pay("CASH", 5)]},
     {"DRAWER:s:USD": 500, SALES: -500}),
    ("card", {"total_amount": 5, "tenders": [pay("CARD", 5, processor="p")]},
     {"CARD-CLEARING:p:USD": 500, SALES: -500}),
    ("card of nobody", {"total_amount": 5, "tenders": [pay("CARD", 5)]},
     {"CARD-CLEARING:USD": 500, SALES: -500}),
    ("external", {"total_amount": 5, "tenders": [pay("EXTERNAL", 5)]}, {"EXTERNAL-CLEARING:USD": 500, SALES: -500}),
    ("gift card", {"total_amount": 5, "tenders": [pay("GIFT_CARD", 5)]}, {"GIFT-CARDS:USD": 500, SALES: -500}),
    ("store credit", {"total_amount": 5, "tenders": [pay("STORE_CREDIT", 5)]}, {"STORE-CREDIT:USD": 500, SALES: -500}),
    ("house account", {"total_amount": 5, "tenders": [pay("HOUSE_ACCOUNT", 5)]},
     {"HOUSE-ACCOUNTS:USD": 500, SALES: -500}),
    ("two cards of one processor", {"total_amount": 5, "tenders": [pay("CARD", 2), pay("CARD", 3)]},
     {"CARD-CLEARING:USD": 500, SALES: -500}),
    ("split", {"total_amount": 5, "tenders": [pay("CASH", 2, change_given=8), pay("CARD", 3)]},
     {DRAWER: 200, "CARD-CLEARING:USD": 300, SALES: -500}),
    ("exclusive tax",
     {"total_amount": 12, "line_items": [item(10)], "tax_lines": [{"code": "V", "rate": 0.2, "amount": 2}]},
     {"EXTERNAL-CLEARING:USD": 1200, SALES: -1000, "SALES-TAX:V/0.2:USD": -200}),
    ("inclusive tax", {"total_amount": 12, "line_items": [item(12)],
                       "tax_lines": [{"code": "V", "rate": "0.20", "amount": 2, "inclusive": True}]},
     {"EXTERNAL-CLEARING:USD": 1200, SALES: -1000, "SALES-TAX:V/0.2:USD": -200}),
    ("tax of a bare total", {"total_amount": 12, "tax_lines": [{"code": "V", "rate": 20, "amount": 2}]},
     {"EXTERNAL-CLEARING:USD": 1200, SALES: -1000, "SALES-TAX:V/20:USD": -200}),
    ("two rates", {"total_amount": 13, "line_items": [item(10)],
                   "tax_lines": [{"code": "V", "rate": 0.1, "amount": 1}, {"code": "V", "rate": 0.2, "amount": 2}]},
     {"EXTERNAL-CLEARING:USD": 1300, SALES: -1000, "SALES-TAX:V/0.1:USD": -100, "SALES-TAX:V/0.2:USD": -200}),
    ("discount", {"total_amount": 9, "line_items": [item(10)], "discounts": [{"code": "D", "amount": 1}]},
     {"EXTERNAL-CLEARING:USD": 900, "DISCOUNTS:USD": 100, SALES: -1000}),
    ("tips", {"total_amount": 12, "line_items": [item(10)], "tips": [{"amount": 1}, {"amount": 1}]},
     {"EXTERNAL-CLEARING:USD": 1200, SALES: -1000, "TIPS-PAYABLE:USD": -200}),
    ("service charge", {"total_amount": 11, "line_items": [item(10)], "service_charges": [{"amount": 1}]},
     {"EXTERNAL-CLEARING:USD": 1100, SALES: -1000, "SERVICE-CHARGES:USD": -100}),
    ("gift card sold", {"total_amount": 60, "line_items": [item(10), item(50, category="gift_card")]},
     {"EXTERNAL-CLEARING:USD": 6000, SALES: -1000, "GIFT-CARDS:USD": -5000}),
    ("deposit taken", {"total_amount": 1, "line_items": [item(1, category="DEPOSIT")]},
     {"EXTERNAL-CLEARING:USD": 100, "CUSTOMER-DEPOSITS:USD": -100}),
    ("given away", {"total_amount": 0, "line_items": [item(10)], "discounts": [{"code": "D", "amount": 10}]},
     {"DISCOUNTS:USD": 1000, SALES: -1000}),
    ("nothing", {"total_amount": 0}, {}),
    ("nothing on lines", {"total_amount": "0.00", "line_items": [item(0)], "tenders": [pay("CASH", 0)]}, {}),
    ("paid in", {"event_type": "PAID_IN", "total_amount": 5}, {DRAWER: 500, "SAFE:USD": -500}),
    ("paid in as float", {"event_type": "PAID_IN", "total_amount": 5, "reason": " float "},
     {DRAWER: 500, "SAFE:USD": -500}),
    ("paid in of petty cash", {"event_type": "PAID_IN", "total_amount": 5, "reason": "PETTY"},
     {DRAWER: 500, "PETTY-EXPENSE:USD": -500}),
    ("paid in of somewhere", {"event_type": "PAID_IN", "total_amount": 5, "reason": "found"},
     {DRAWER: 500, "SUSPENSE:USD": -500}),
    ("paid out", {"event_type": "PAID_OUT", "total_amount": 5}, {"PETTY-EXPENSE:USD": 500, DRAWER: -500}),
    ("paid out tips", {"event_type": "PAID_OUT", "total_amount": 5, "reason": "tips"},
     {"TIPS-PAYABLE:USD": 500, DRAWER: -500}),
    ("payout to the bank", {"event_type": "PAYOUT", "total_amount": 5, "reason": "Bank"},
     {"CASH-IN-TRANSIT:USD": 500, DRAWER: -500}),
    ("cash drop", {"event_type": "CASH_DROP", "tenders": [pay("CASH", 5)]}, {"SAFE:USD": 500, DRAWER: -500}),
    ("no sale", {"event_type": "NO_SALE"}, {}),
    ("no sale of zero", {"event_type": "NO_SALE", "total_amount": 0}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in POSTED], ids=[row[0] for row in POSTED])
def test_it_posts(fields: dict[str, Any], expected: dict[str, int]) -> None:
    assert lines(draft_from(**fields)) == expected


ROUNDED: list[tuple[str, str, str, str, int | None]] = [
    ("CHF", "10.02", "CASH", "10.00", 2), ("CHF", "9.98", "CASH", "10.00", -2), ("CHF", "10.03", "CASH", "10.00", None),
    ("CHF", "10.02", "CARD", "10.00", None), ("SEK", "99.50", "CASH", "99.00", 50), ("SEK", "99.50", "CASH",
    "100.00", -50),
    ("SEK", "99.51", "CASH", "99.00", None), ("USD", "1.01", "CASH", "1.00", None), ("JPY", "101", "CASH", "100", None),
    ("EUR", "1.02", "CASH", "1.00", 2), ("HUF", "1002", "CASH", "1000", 200), ("CHF", "10.02", "GIFT_CARD",
    "10.00", None),
]  # fmt: skip


@pytest.mark.parametrize(("currency", "due", "method", "paid", "rounding"), ROUNDED)
def test_only_cash_is_rounded_and_only_to_the_next_coin(
    currency: str, due: str, method: str, paid: str, rounding: int | None
) -> None:
    draft = draft_from(currency=currency, total_amount=due, tenders=[pay(method, paid)])
    if rounding is None:
        assert isinstance(draft, Hold)
        assert draft.reason_code == "TOTALS_MISMATCH"
    else:
        assert lines(draft)[f"ROUNDING:{currency}"] == rounding


HELD: list[tuple[str, str, dict[str, Any]]] = [
    ("no amount", "SCHEMA_VALIDATION_FAILED", {}),
    ("lines against total", "TOTALS_MISMATCH", {"total_amount": 5, "line_items": [item(4)]}),
    ("tenders against total", "TOTALS_MISMATCH", {"total_amount": 5, "tenders": [pay("CASH", 4)]}),
    ("overpaid", "TOTALS_MISMATCH", {"total_amount": 5, "tenders": [pay("CASH", 10)]}),
    ("tax above a bare total", "TOTALS_MISMATCH", {"total_amount": 1, "tax_lines": [{"code": "V", "amount": 2}]}),
    ("included tax above the lines", "TOTALS_MISMATCH",
     {"total_amount": 1, "line_items": [item(1)], "tax_lines": [{"code": "V", "amount": 2, "inclusive": True}]}),
    ("rounding with no cash in it", "TOTALS_MISMATCH",
     {"currency": "CHF", "total_amount": 10, "tenders": [pay("CASH", 0), pay("CARD", "9.98")]}),
    ("negative total", "SIGN_MISMATCH", {"total_amount": -5}),
    ("negative line", "SIGN_MISMATCH", {"total_amount": 4, "line_items": [item(5), item(-1)]}),
    ("negative quantity", "SIGN_MISMATCH", {"total_amount": 5, "line_items": [item(5, qty=-1)]}),
    ("negative tender", "SIGN_MISMATCH", {"total_amount": 5, "tenders": [pay("CASH", 10), pay("CARD", -5)]}),
    ("negative discount", "SIGN_MISMATCH", {"total_amount": 5, "discounts": [{"code": "D", "amount": -1}]}),
    ("negative tip", "SIGN_MISMATCH", {"total_amount": 5, "tips": [{"amount": -1}]}),
    ("foreign tender", "UNKNOWN_CURRENCY", {"total_amount": 5, "tenders": [pay("CASH", 5, currency="EUR")]}),
    ("paid in of nothing", "SIGN_MISMATCH", {"event_type": "PAID_IN", "total_amount": 0}),
    ("paid in without amount", "SCHEMA_VALIDATION_FAILED", {"event_type": "PAID_IN"}),
    ("paid out by card", "TOTALS_MISMATCH", {"event_type": "PAID_OUT", "tenders": [pay("CARD", 5)]}),
    ("dropped in another currency", "TOTALS_MISMATCH",
     {"event_type": "CASH_DROP", "tenders": [pay("CASH", 5, currency="EUR")]}),
    ("drop against its tenders", "TOTALS_MISMATCH",
     {"event_type": "CASH_DROP", "total_amount": 4, "tenders": [pay("CASH", 5)]}),
    ("no sale of something", "TOTALS_MISMATCH", {"event_type": "NO_SALE", "total_amount": 5}),
    ("no sale with cash", "TOTALS_MISMATCH", {"event_type": "NO_SALE", "tenders": [pay("CASH", 5)]}),
    ("no sale with lines", "TOTALS_MISMATCH", {"event_type": "NO_SALE", "line_items": [item(5)]}),
    *[(name, "MISSING_REFERENCE", {"event_type": name, "total_amount": 5})
      for name in ("RETURN", "VOID", "CANCEL", "CORRECTION", "TIP_ADJUST")],
]  # fmt: skip


@pytest.mark.parametrize(("reason", "fields"), [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_it_holds(reason: str, fields: dict[str, Any]) -> None:
    draft = draft_from(**fields)
    assert isinstance(draft, Hold), draft
    assert draft.reason_code == reason


AMOUNT = st.integers(0, 10**6)
PARTS = st.fixed_dictionaries(
    {
        "lines": st.lists(st.tuples(AMOUNT, st.sampled_from(["", "GIFT_CARD", "DEPOSIT"])), max_size=4),
        "taxes": st.lists(st.tuples(AMOUNT, st.sampled_from(["A", "B/:%"]), st.booleans()), max_size=3),
        "discounts": st.lists(AMOUNT, max_size=2),
        "tips": st.lists(AMOUNT, max_size=2),
        "charges": st.lists(AMOUNT, max_size=2),
        "weights": st.lists(st.tuples(st.sampled_from(["CASH", "CARD", "GIFT_CARD"]), st.integers(0, 5)), max_size=3),
        "off": st.integers(-60, 60),
        "currency": st.sampled_from(["USD", "JPY", "CHF", "SEK", "IQD"]),
    }
)


@settings(max_examples=150)
@given(PARTS)
def test_whatever_is_posted_balances_and_agrees_with_the_event(parts: dict[str, Any]) -> None:
    places = {"JPY": 0, "IQD": 3}.get(parts["currency"], 2)

    def major(minor: int) -> str:
        sign, digits = "-" * (minor < 0), str(abs(minor)).rjust(places + 1, "0")
        return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)

    total = sum(amount for amount, _ in parts["lines"]) - sum(parts["discounts"])
    total += sum(amount for amount, _, inclusive in parts["taxes"] if not inclusive)
    total += sum(parts["tips"]) + sum(parts["charges"])
    weights = sum(weight for _, weight in parts["weights"])
    tenders = [[method, total * weight // weights if weights else 0] for method, weight in parts["weights"]]
    if tenders:
        tenders[0][1] += total - sum(amount for _, amount in tenders) + parts["off"]
    draft = draft_from(
        currency=parts["currency"],
        total_amount=major(total),
        line_items=[item(major(amount), category=category) for amount, category in parts["lines"]],
        tax_lines=[{"code": code, "amount": major(a), "inclusive": inc} for a, code, inc in parts["taxes"]],
        discounts=[{"code": "D", "amount": major(amount)} for amount in parts["discounts"]],
        tips=[{"amount": major(amount)} for amount in parts["tips"]],
        service_charges=[{"amount": major(amount)} for amount in parts["charges"]],
        tenders=[pay(method, major(amount)) for method, amount in tenders],
    )
    if isinstance(draft, Hold):
        assert draft.reason_code in {"TOTALS_MISMATCH", "SIGN_MISMATCH"}
        return
    amounts = lines(draft)
    assert sum(amounts.values()) == 0
    assert len(amounts) != 1
    assert 0 not in amounts.values()
    currency = parts["currency"]
    rounding = amounts.get(f"ROUNDING:{currency}", 0)
    assert abs(rounding) <= cash_rounding_limit(currency)
    assert rounding == 0 or any(method == "CASH" and amount > 0 for method, amount in tenders)
    taxes = sum(amount for code, amount in amounts.items() if code.startswith("SALES-TAX:"))
    assert -taxes == sum(amount for amount, _, _ in parts["taxes"])
    assert -amounts.get(f"TIPS-PAYABLE:{currency}", 0) == sum(parts["tips"])
    assert amounts.get(f"DISCOUNTS:{currency}", 0) == sum(parts["discounts"])
