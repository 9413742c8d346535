"""One key, many requests at once: one effect, whatever becomes of Redis meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from ledgersafe.idempotency import redis_client
from tests.conftest import Shop
from tests.ledgersafe.idempotency import spending
from tests.ledgersafe.idempotency.redises import own_redis
from tests.ledgersafe.idempotency.spending import effects, is_replay, spend
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


@pytest.fixture(autouse=True, params=["redis", "a redis that is flushed all the time", "postgres alone"])
def _front(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = spending.__name__
    redis_client.breaker.close()
    if request.param == "postgres alone":
        settings.REDIS_URL = ""
        yield
        return
    with own_redis() as server:
        settings.REDIS_URL = server.url
        done = threading.Event()

        def flush() -> None:
            while request.param != "redis" and not done.wait(0.002):
                server.client.flushall()

        flushing = threading.Thread(target=flush)
        flushing.start()
        yield
        done.set()
        flushing.join()


def spending_of(shop: Shop, key: str, **body: Any) -> Callable[[], Any]:
    """Spend, from a client of its own."""
    other = Shop(shop.tenant, shop.key, shop.principal, Client())
    return lambda: spend(other, key, **body)


def test_fifty_requests_of_one_key_have_one_effect(shop: Shop) -> None:
    answers = all_at_once([spending_of(shop, "one") for _ in range(50)])
    told = Counter((answer.status_code, is_replay(answer)) for answer in answers)
    assert told[201, False] == 1
    assert set(told) <= {(201, False), (201, True), (409, False)}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert effects(shop) == 1
    assert is_replay(spend(shop, "one"))


def test_of_two_bodies_under_one_key_one_wins(shop: Shop) -> None:
    answers = all_at_once([spending_of(shop, "one", amount=str(n % 2)) for n in range(20)])
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert effects(shop) == 1


def test_a_refusal_is_one_for_all(shop: Shop) -> None:
    answers = all_at_once([spending_of(shop, "one", do="much") for _ in range(20)])
    assert {answer.status_code for answer in answers} <= {422, 409}
    assert effects(shop) == 0
    assert shop.number("idempotency_keys") == 1


def test_keys_do_not_get_into_each_others_way(shop: Shop) -> None:
    answers = all_at_once([spending_of(shop, f"k-{n // 2}") for n in range(40)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert effects(shop) == 20
