"""The wire of `pos_originals_v1`: what is asked, and how rows become values again."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from pos.contract import Event, References
from pos.models.figures import Figures
from pos.references import RETURN, UsedLine
from pos.references.rows import posted_content, question_of, recorded_reference
from tests.pos.references.test_original import ENVELOPE, event

FIGURES = list(range(len(Figures._fields)))
LINES = [["SALES", "USD", "", -500], ["DRAWER", "USD", "s/r", 500]]


def about(event_id: str | None, txn_id: str | None) -> Event:
    """An event `e` of store `s` that names this original."""
    return replace(event(), references=References(event_id, txn_id))


def test_it_asks_for_keys_first_and_for_transactions_where_no_key_is_named() -> None:
    events = [about("sold", "x1"), about(None, "x2"), event()]
    assert question_of(events, ["also"]) == {
        "keys": ["sold"],
        "transactions": [("s", "x2")],
        "also": ["also"],
        "own": ["e", "e", "e"],
    }


def test_it_asks_for_each_original_once() -> None:
    question = question_of([about("sold", None), about("sold", None), about(None, "x"), about(None, "x")], [])
    assert (question["keys"], question["transactions"]) == (["sold"], [("s", "x")])


def test_a_row_becomes_a_reference() -> None:
    recorded = recorded_reference(["back", 7, "sold", RETURN, -1, -500, 3, [["1", "A", "2.5", 500]]])
    assert (recorded.event_key, recorded.journal_id) == ("back", 7)
    assert (recorded.reference.original_key, recorded.reference.base_journal_id) == ("sold", 3)
    assert (recorded.reference.sign, recorded.reference.amount_minor) == (-1, -500)
    assert recorded.reference.lines == (UsedLine("1", "A", Decimal("2.5"), 500),)


def body(**fields: Any) -> str:
    """A body as Postgres answers it."""
    return json.dumps(ENVELOPE | fields).encode().hex()


def test_a_row_becomes_the_content_of_a_journal() -> None:
    content = posted_content(["2026-02-25", body(total_amount=5), FIGURES, LINES], "USD")
    assert content is not None
    assert (content.event.total_minor, content.business_date) == (500, date(2026, 2, 25))
    assert [(line.account.code, line.amount_minor) for line in content.lines] == [
        ("SALES:USD", -500),
        ("DRAWER:s/r:USD", 500),
    ]
    assert content.figures == Figures(*FIGURES)


def test_an_unusual_body_is_read_the_careful_way() -> None:
    """White space and escapes are no concern of the fast reader."""
    spaced = json.dumps(ENVELOPE | {"total_amount": 5, "reason": "caf\u00e9"}, indent=1).encode().hex()
    content = posted_content(["2026-02-25", spaced, None, None], "USD")
    assert content is not None
    assert (content.event.reason, content.lines, content.figures) == ("café", (), None)


@pytest.mark.parametrize(
    "row",
    [
        [None, body(), FIGURES, LINES],
        ["2026-02-25", None, FIGURES, LINES],
        ["2026-02-25", b"{".hex(), FIGURES, LINES],
        ["2026-02-25", body(total_amount=True), FIGURES, LINES],
    ],
    ids=["no journal", "no body", "no JSON", "no event"],
)
def test_what_cannot_be_read_is_none(row: list[Any]) -> None:
    assert posted_content(row, "USD") is None
