"""The same basket under many ids at once, one by one and in batches: exactly one is posted."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from pos.intake import receive_batch
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


def sending(shop: Shop, *events: dict[str, Any]) -> Callable[[], list[str | None]]:
    bodies = [json.dumps(event).encode() for event in events]

    def send() -> list[str | None]:
        answers = receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
        return [answer.reason_code for answer in answers]

    return send


@pytest.mark.parametrize("is_known", [False, True])
def test_one_basket_under_twenty_ids_posts_once(books: None, is_known: bool) -> None:
    shop = open_shop(near_duplicate_seconds=60)
    if is_known:
        assert shop.send(shop.sale("warm-up", occurred_at="2026-02-25T11:00:00Z")).status_code == 201
    told = all_at_once([sending(shop, shop.sale(f"evt-{n}")) for n in range(20)])
    assert Counter(reason for reasons in told for reason in reasons) == {None: 1, "NEAR_DUPLICATE": 19}
    assert_books_clean(shop.tenant.id)


def test_batches_of_the_same_baskets_in_opposite_orders_post_each_once(books: None) -> None:
    shop = open_shop(near_duplicate_seconds=60)

    def batch(name: str, *, backwards: bool) -> Callable[[], list[str | None]]:
        sales = [shop.sale(f"{name}-{n}", register_id=f"till-{n}") for n in range(30)]
        return sending(shop, *(sales[::-1] if backwards else sales))

    told = all_at_once([batch(f"b{n}", backwards=n % 2 == 1) for n in range(6)])
    assert Counter(reason for reasons in told for reason in reasons) == {None: 30, "NEAR_DUPLICATE": 150}
    assert shop.number("event_baskets") == 30
    assert_books_clean(shop.tenant.id)
