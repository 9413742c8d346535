"""How long a money command waits for a Redis that hangs: a fifth of a second at most, then not at all for a while."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from ledgersafe.idempotency import redis_client
from ledgersafe.idempotency.redis_client import CONNECT_SECONDS, REPLY_SECONDS, Breaker, breaker
from tests.conftest import Shop
from tests.ledgersafe.idempotency.redises import nonsense, pretender, silence, two_seconds_late
from tests.ledgersafe.idempotency.spending import effects, is_replay, spend

#: A host name may have an address of each kind; both are tried.
ADDRESSES = 2


def test_its_waits_come_to_a_fifth_of_a_second_at_most() -> None:
    assert ADDRESSES * CONNECT_SECONDS + REPLY_SECONDS <= 0.2


@pytest.mark.parametrize("talk", [silence, two_seconds_late, nonsense])
def test_a_redis_that_hangs_is_asked_once(shop: Shop, settings: Settings, talk: Callable[[Any], None]) -> None:
    settings.REDIS_URL = ""
    spend(shop, "warm")
    with pretender(talk) as (url, callers):
        settings.REDIS_URL = url
        started = time.monotonic()
        redis_client.ask(lambda client: client.get("k"))
        assert time.monotonic() - started < 1.9, "two seconds late is too late"
        assert len(callers) == 1
        assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]
        assert len(callers) == 1, "nobody asks a second time"
    assert effects(shop) == 2


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://nowhere.invalid/0", "nonsense"])
def test_a_redis_that_is_not_there_is_not_missed(shop: Shop, settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]


def test_timeouts_of_the_url_do_not_count(settings: Settings) -> None:
    client = redis_client._client("redis://127.0.0.1:1/0?socket_timeout=60&socket_connect_timeout=60")
    options = client.connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (REPLY_SECONDS, CONNECT_SECONDS)


def test_after_a_pause_one_tries_again() -> None:
    own = Breaker()
    assert own.allows()
    own.open()
    assert not own.allows()
    own._until = time.monotonic() - 1
    assert [own.allows() for _ in range(3)] == [True, False, False]
    own.close()
    assert own.allows()


def test_an_answer_that_came_late_is_the_last_for_a_while(
    redis: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_client, "SLOW_SECONDS", -1)
    assert redis_client.ask(lambda client: client.ping()) is True
    assert not breaker.allows()
    assert redis_client.ask(lambda client: client.ping()) is None
