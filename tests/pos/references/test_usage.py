"""What counts against an original: by kind, by line and by article, and back again."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.contract import EVENT_TYPES, LineItem
from pos.references import CORRECTION, KINDS, RETURN, TIP_ADJUST, VOID, Reference, Usage, UsedLine, usage_of
from pos.references.usage import usage_keys_of

TWO_OF_LINE_1 = UsedLine("1", "A", Decimal(2), 500)


def taken(*lines: UsedLine, amount: int = 500, sign: int = 1, kind: str = RETURN) -> Reference:
    """A reference to the sale `sold`."""
    return Reference("sold", kind, sign, amount, 1, lines)


def test_every_kind_belongs_to_an_event_type() -> None:
    assert set(KINDS) < EVENT_TYPES
    assert set(KINDS.values()) == {RETURN, VOID, CORRECTION, TIP_ADJUST}


@pytest.mark.parametrize(
    ("line_id", "keys"),
    [("", [("sku", "A")]), ("1", [("sku", "A"), ("line", "1")])],
    ids=["article alone", "line and article"],
)
def test_a_line_counts_under_its_article_and_its_id(line_id: str, keys: list[tuple[str, str]]) -> None:
    assert list(usage_keys_of(line_id, "A")) == keys


def test_usage_adds_up_by_kind_and_by_line() -> None:
    usage = usage_of([taken(TWO_OF_LINE_1), taken(UsedLine("", "A", Decimal(1), 250), amount=250)])
    assert (usage.number[RETURN], usage.amount[RETURN]) == (2, 750)
    assert usage.quantities == {("sku", "A"): Decimal(3), ("line", "1"): Decimal(2)}
    assert usage.amounts == {("sku", "A"): 750, ("line", "1"): 500}


def test_one_reference_more_leaves_the_usage_as_it_was() -> None:
    usage = usage_of([taken(TWO_OF_LINE_1)])
    more = usage.plus(taken(kind=VOID))
    assert (usage.number[VOID], more.number[VOID]) == (0, 1)
    assert more.quantities == usage.quantities
    assert more.quantities is not usage.quantities


def test_usage_that_is_not_counted_stays_so() -> None:
    assert Usage(is_counted=False).plus(taken()).is_counted is False


@given(st.lists(st.tuples(st.sampled_from(["", "1", "2"]), st.integers(1, 9), st.integers(0, 900)), max_size=5))
def test_a_reference_and_its_void_leave_nothing(lines: list[tuple[str, int, int]]) -> None:
    used = [UsedLine(line_id, "A", Decimal(quantity), amount) for line_id, quantity, amount in lines]
    total = sum(line.amount_minor for line in used)
    usage = usage_of([taken(*used, amount=total), taken(*used, amount=-total, sign=-1)])
    assert not any(
        [*usage.number.values(), *usage.amount.values(), *usage.quantities.values(), *usage.amounts.values()]
    )


def test_a_line_survives_its_row() -> None:
    line = UsedLine.from_line(LineItem("A", Decimal("0.333"), 100, "", "1"))
    assert line.as_row() == ["1", "A", "0.333", 100]
    assert UsedLine.from_row(line.as_row()) == line
