"""The tests' own money command at /v1/spend, and a Redis of their own."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from ledgersafe.idempotency import books, redis_client
from tests.ledgersafe.idempotency import spending
from tests.ledgersafe.idempotency.redises import OwnRedis, own_redis


@pytest.fixture(autouse=True)
def _till(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ROOT_URLCONF = spending.__name__
    # A slow machine must not have a pause end, or something be asked again, in the middle of a test that counts.
    monkeypatch.setattr(redis_client, "PAUSE_SECONDS", 3600)
    monkeypatch.setattr(books, "_KNOWN_SECONDS", 3600)
    books._known.clear()
    vars(spending.till).update(vars(spending.Till()))
    redis_client.breaker.close()
    yield
    redis_client.breaker.close()
    assert spending.till.fails == []


@pytest.fixture(scope="session")
def server() -> Iterator[OwnRedis]:
    """A Redis that tests may flush and fill."""
    with own_redis() as running:
        yield running


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is tested is what Redis knows, not how fast a busy machine asks it."""
    redis_client._client.cache_clear()
    for name in ("CONNECT_SECONDS", "REPLY_SECONDS", "SLOW_SECONDS"):
        monkeypatch.setattr(redis_client, name, 30)
    yield
    redis_client._client.cache_clear()


@pytest.fixture
def redis(server: OwnRedis, patient: None, settings: Settings) -> OwnRedis:
    """That Redis, empty, in use."""
    server.client.flushall()
    settings.REDIS_URL = server.url
    return server


@pytest.fixture(params=["redis", "postgres"])
def front(request: pytest.FixtureRequest, settings: Settings) -> None:
    """With Redis in front and without: nobody who calls can tell."""
    if request.param == "redis":
        request.getfixturevalue("redis")
    else:
        settings.REDIS_URL = ""
