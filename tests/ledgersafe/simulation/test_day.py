"""The simulated day by itself: what it is made of, and that it is the same whenever it is made."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledgersafe.simulation import tills
from ledgersafe.simulation.day_run import Order, arrivals_of
from ledgersafe.simulation.events import Day, SentEvent
from ledgersafe.simulation.sender import BATCH, batches_of, body_of
from ledgersafe.simulation.shape import Shape
from ledgersafe.values.errors import InvalidParameter

SHAPE = Shape(date(2026, 11, 20), stores=3, registers=2, sales=200, seed=5)
DAY = tills.day_of(SHAPE)


def of(day: Day, kind: str) -> list[SentEvent]:
    return [sent for sent in day.events if sent.fields["event_type"] == kind]


def original(sent: SentEvent) -> SentEvent | None:
    named = sent.fields.get("references", {}).values()
    return next((one for one in DAY.events if {one.event_id, one.fields["txn_id"]} & set(named)), None)


def test_the_same_seed_makes_the_same_day_and_another_one_another() -> None:
    again = [body_of(sent, "t") for sent in tills.day_of(SHAPE).arrivals]
    assert again == [body_of(sent, "t") for sent in DAY.arrivals]
    assert again != [body_of(sent, "t") for sent in tills.day_of(replace(SHAPE, seed=6)).arrivals]


def test_everything_happens_that_a_day_is_made_of() -> None:
    kinds = Counter(sent.fields["event_type"] for sent in DAY.events)
    assert set(kinds) == {
        "SALE", "RETURN", "VOID", "CORRECTION", "TIP_ADJUST", "CASH_DROP", "PAID_IN", "PAID_OUT", "NO_SALE",
    }  # fmt: skip
    assert kinds["SALE"] == 3 * 2 * 200
    assert DAY.mistakes
    assert DAY.doubtful
    assert {tender["method"] for sale in of(DAY, "SALE") for tender in sale.fields["tenders"]} == {
        "CASH", "CARD", "GIFT_CARD", "STORE_CREDIT", "HOUSE_ACCOUNT",
    }  # fmt: skip
    assert any(len(sale.fields["tenders"]) == 2 for sale in of(DAY, "SALE"))


def test_what_is_about_a_sale_is_about_one_of_its_own_till_and_some_of_it_comes_first() -> None:
    about = [sent for sent in DAY.events if "references" in sent.fields]
    found = [(sent, original(sent)) for sent in about]
    assert all(sale is not None and (sale.store, sale.register) == (one.store, one.register) for one, sale in found)
    early = sum(sale is not None and one.arrives_at < sale.arrives_at for one, sale in found)
    assert 0 < early < len(about) / 2


def test_the_last_store_sends_what_it_rang_up_offline_when_the_network_is_back() -> None:
    back = datetime(2026, 11, 20, 15, tzinfo=UTC)
    rung_up = [sent for sent in of(DAY, "SALE") if sent.store == "store_003" and 12 <= sent.occurred_at.hour < 15]
    assert rung_up
    assert all(sent.arrives_at >= back for sent in rung_up)


def test_a_mistake_has_the_id_of_a_true_sale_and_another_content() -> None:
    true = {sent.event_id: sent.fields for sent in DAY.events}
    for wrong in DAY.mistakes:
        assert wrong.fields != true[wrong.event_id]


def test_a_shuffled_and_doubled_day_has_everything_twice_in_another_order() -> None:
    in_order, anyhow = (arrivals_of(DAY, order, SHAPE.seed) for order in Order)
    twice = Counter(body_of(sent, "t") for sent in [*DAY.arrivals, *DAY.arrivals])
    assert Counter(body_of(sent, "t") for sent in anyhow) == twice
    assert [sent.event_id for sent in anyhow[:50]] != [sent.event_id for sent in in_order[:50]]
    assert len(DAY.arrivals) < len(in_order) < 1.1 * len(DAY.arrivals)


def test_every_event_is_in_one_batch_of_its_store() -> None:
    bodies = batches_of(DAY.arrivals, "t")
    assert sum(body.count(b'"schema_version"') for body in bodies) == len(DAY.arrivals)
    for body in bodies:
        assert len({name for name in (b"store_001", b"store_002", b"store_003") if name in body}) == 1
        assert body.count(b'"schema_version"') <= BATCH


@pytest.mark.parametrize(("stores", "registers", "sales"), [(0, 1, 1), (1, 21, 1), (1, 1, -1)])
def test_it_refuses_a_day_that_cannot_be(stores: int, registers: int, sales: int) -> None:
    with pytest.raises(InvalidParameter, match="is 1 to"):
        Shape(SHAPE.day, stores, registers, sales)
