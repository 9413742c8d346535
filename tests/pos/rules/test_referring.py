"""Voids, corrections and tips on paper: what each posts of its original, and when it is held."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.journals import JournalDraft
from pos.contract import Event, Hold
from pos.models.figures import Figures
from pos.references import CORRECTION, RETURN, TIP_ADJUST, VOID, Original, Reference, total_of, usage_of
from pos.rules import MIRROR, ReferringPosting, draft_against, draft_of, refuse_change, tip_charged
from tests.pos.rules.test_return_shares import event
from tests.pos.rules.test_sale import item, lines, pay

CASH_SALE = {"total_amount": 5, "tenders": [pay("CASH", 5)]}
CARD_SALE = {"total_amount": 7, "tips": [{"amount": 2}], "line_items": [item(5)],
             "tenders": [pay("CARD", 7, processor="p")]}  # fmt: skip
DRAWER, SALES = "DRAWER:s/r:USD", "SALES:USD"


def counted(kind: str, amount: int = 0) -> Reference:
    """One reference of this kind that counts already."""
    return Reference("e", kind, 1, amount, 1)


def original(sale: dict[str, Any], *references: Reference, undoes: Reference | None = None) -> Original:
    """A sale in the books, and what counts against it."""
    sold = event(**sale)
    draft = draft_of(sold)
    assert isinstance(draft, JournalDraft)
    return Original("e", sold, 1, sold.occurred_at.date(), draft.lines, Figures(), usage_of(references), undoes)


def posting(kind: str, about: Original, **fields: Any) -> ReferringPosting:
    """What an event about it posts."""
    decision = draft_against(event(event_type=kind, event_id="r", **fields), about)
    assert isinstance(decision, ReferringPosting), decision
    return decision


def reason(kind: str, about: Original, **fields: Any) -> str:
    """Why an event about it is held."""
    decision = draft_against(event(event_type=kind, event_id="r", **fields), about)
    assert isinstance(decision, Hold), decision
    return decision.reason_code


@pytest.mark.parametrize("kind", ["VOID", "CANCEL"])
def test_a_void_is_the_exact_mirror(kind: str) -> None:
    decision = posting(kind, original(CASH_SALE))
    assert decision.draft.kind == kind
    assert lines(decision.draft) == {DRAWER: -500, SALES: 500}
    assert decision.references == (Reference("e", VOID, 1, 500, 1),)


def test_a_void_of_a_return_gives_back_what_the_return_took() -> None:
    given_back = Reference("sold", RETURN, -1, -500, 1)
    assert posting("VOID", original(CASH_SALE, undoes=given_back)).references[1:] == (given_back,)


def test_a_correction_is_a_mirror_and_the_sale_as_it_should_have_been() -> None:
    decision = posting("CORRECTION", original(CASH_SALE), total_amount=4, tenders=[pay("CASH", 4)])
    assert decision.draft.kind == "CORRECTION"
    assert lines(decision.draft) == {DRAWER: 400, SALES: -400}
    assert decision.mirror is not None
    assert decision.mirror.kind == MIRROR
    assert lines(decision.mirror) == {DRAWER: -500, SALES: 500}
    assert decision.references == (Reference("e", CORRECTION, 1, 400, 1),)


@pytest.mark.parametrize(
    ("fields", "amount"),
    [({"total_amount": 1}, 100), ({"tips": [{"amount": 1}]}, 100), ({"total_amount": -2}, -200)],
    ids=["total", "tips", "lower"],
)
def test_a_tip_is_charged_to_the_card_that_paid(fields: dict[str, Any], amount: int) -> None:
    decision = posting("TIP_ADJUST", original(CARD_SALE), **fields)
    assert lines(decision.draft) == {"CARD-CLEARING:p:USD": amount, "TIPS-PAYABLE:USD": -amount}
    assert decision.references == (Reference("e", TIP_ADJUST, 1, amount, 1),)
    tender = tip_charged(event(event_type="TIP_ADJUST", **fields), event(**CARD_SALE))
    assert tender is not None
    assert (tender.method, tender.processor, tender.amount_minor) == ("CARD", "p", amount)


EXCEEDS, TOTALS, SIGN = "CANNOT_EXCEED_ORIGINAL", "TOTALS_MISMATCH", "SIGN_MISMATCH"
HELD: list[tuple[str, str, str, dict[str, Any], Sequence[Reference], dict[str, Any]]] = [
    ("nothing is left of a void", EXCEEDS, "RETURN", CASH_SALE, [counted(VOID)], {"total_amount": 1}),
    ("a void after a return", EXCEEDS, "VOID", CASH_SALE, [counted(RETURN, 1)], {}),
    ("a void after a tip", EXCEEDS, "VOID", CARD_SALE, [counted(TIP_ADJUST, 1)], {}),
    ("a void after a correction", EXCEEDS, "VOID", CASH_SALE, [counted(CORRECTION)], {}),
    ("a void of another store", EXCEEDS, "VOID", CASH_SALE, [], {"store_id": "other"}),
    ("a void of another total", TOTALS, "VOID", CASH_SALE, [], {"total_amount": 4}),
    ("a void of as much in another currency", TOTALS, "VOID", CASH_SALE, [], {"total_amount": 5, "currency": "EUR"}),
    ("a void of a nothing that moved no money", EXCEEDS, "VOID", {"event_type": "NO_SALE"}, [], {}),
    ("a return of a cash drop", EXCEEDS, "RETURN", {"event_type": "CASH_DROP", "total_amount": 5}, [],
     {"total_amount": 1}),
    ("another currency", "UNKNOWN_CURRENCY", "RETURN", CASH_SALE, [], {"total_amount": 1, "currency": "EUR"}),
    ("a second correction", EXCEEDS, "CORRECTION", CASH_SALE, [counted(CORRECTION)], {"total_amount": 4}),
    ("a correction below what was returned", EXCEEDS, "CORRECTION", CASH_SALE, [counted(RETURN, 400)],
     {"total_amount": 3}),
    ("a correction to nothing", SIGN, "CORRECTION", CASH_SALE, [], {"total_amount": 0}),
    ("a correction that does not add up", TOTALS, "CORRECTION", CASH_SALE, [],
     {"total_amount": 4, "tenders": [pay("CARD", 3)]}),
    ("a tip on cash", EXCEEDS, "TIP_ADJUST", CASH_SALE, [], {"total_amount": 1}),
    ("a tip of nothing", SIGN, "TIP_ADJUST", CARD_SALE, [], {"total_amount": 0}),
    ("a tip of two amounts", TOTALS, "TIP_ADJUST", CARD_SALE, [], {"total_amount": 1, "tips": [{"amount": 2}]}),
    ("a tip below zero", EXCEEDS, "TIP_ADJUST", CARD_SALE, [counted(TIP_ADJUST, -100)], {"total_amount": -2}),
    ("a return of a negative amount", SIGN, "RETURN", CASH_SALE, [], {"total_amount": -1}),
    ("a return of zero", SIGN, "RETURN", CASH_SALE, [], {"total_amount": 0}),
    ("a return of more than is left", EXCEEDS, "RETURN", CASH_SALE, [counted(RETURN, 400)], {"total_amount": 2}),
    ("a return of an article that was not sold", EXCEEDS, "RETURN", CARD_SALE, [],
     {"line_items": [{"sku": "B", "amount": 1}]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "kind", "sale", "references", "fields"), [row[1:] for row in HELD], ids=[row[0] for row in HELD]
)
def test_it_is_held(
    code: str, kind: str, sale: dict[str, Any], references: Sequence[Reference], fields: dict[str, Any]
) -> None:
    assert reason(kind, original(sale, *references), **fields) == code


def test_limits_are_not_asked_for_when_history_is_derived_again() -> None:
    about = original(CASH_SALE)
    about.usage.is_counted = False
    assert total_of(event(**CASH_SALE)) < 900
    assert posting("RETURN", about, total_amount=9).references[0].amount_minor == 900


BEYOND = "CANNOT_EXCEED_ORIGINAL"


@pytest.mark.parametrize(
    ("kind", "references", "change", "code"),
    [
        ("SALE", [], {}, None),
        ("CORRECTION", [], {}, BEYOND),
        ("SALE", [counted(VOID)], {}, BEYOND),
        ("SALE", [counted(CORRECTION)], {}, BEYOND),
        ("SALE", [counted(RETURN, 500)], {}, None),
        ("SALE", [counted(RETURN, 500)], {"total_minor": 499}, BEYOND),
        ("SALE", [counted(RETURN, 500)], {"currency": "EUR"}, BEYOND),
        ("SALE", [counted(TIP_ADJUST, -1)], {}, BEYOND),
    ],
)
def test_a_sale_in_the_books_is_replaced_within_what_was_used_of_it(
    kind: str, references: list[Reference], change: dict[str, Any], code: str | None
) -> None:
    version: Event = replace(event(**CASH_SALE), **change)
    hold = refuse_change(version, kind, usage_of(references), currency="USD")
    assert (hold and hold.reason_code) == code
