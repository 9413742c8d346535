"""The same events in any order, projected in any steps, however often: the same lines, tenders and taxes."""

import itertools
import json
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.decisions import release
from pos.intake import receive_batch
from pos.sales import project_event, project_sales
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.pos.intake.test_any_order import days
from tests.scenes.projection import catch_up, everything


def kept(shop: Shop, batches: list[list[dict[str, Any]]], asked: list[int], batch: int) -> list[tuple[Any, ...]]:
    """Everything sent, with a projection, or a question about one event, after some of the batches."""
    now = timezone.now()
    for number, events in enumerate(batches):
        bodies = [json.dumps(shop.sale(**event)).encode() for event in events]
        receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=now)
        if number in asked:
            project_sales(tenant_id=shop.tenant.id, batch=batch)
        else:
            project_event(tenant_id=shop.tenant.id, event_key=events[0]["event_id"])
    release.release_waiting(tenant_id=shop.tenant.id, now=timezone.now())
    catch_up(shop)
    assert_books_clean(shop.tenant.id)
    return everything(shop)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(day=days(), data=st.data())
def test_any_order_ends_in_the_same_rows(books: None, day: list[dict[str, Any]], data: st.DataObject) -> None:
    in_order = kept(open_shop(), [[event] for event in day], [], 2_000)
    again = data.draw(st.lists(st.sampled_from(day), max_size=3), label="repeated")
    shuffled = data.draw(st.permutations([*day, *again]), label="order")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4), label="cuts"))
    batches = [shuffled[a:b] for a, b in itertools.pairwise([0, *cuts, len(shuffled)]) if a < b]
    asked = data.draw(st.lists(st.integers(0, len(batches)), max_size=3), label="projected after")
    assert kept(open_shop(), batches, asked, data.draw(st.sampled_from([1, 2, 2_000]), label="batch")) == in_order
