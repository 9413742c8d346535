"""I34 and I39 of stored answers: plant one that should not be, see exactly it reported."""

import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from ledgersafe.idempotency import books, front, redis_client, sealing
from ledgersafe.idempotency.stored_answers import Answer, Command, StoredAnswer
from tests.guards.test_idempotency import ANSWER
from tests.ledgersafe.idempotency.redises import OwnRedis, own_redis
from tests.scenes.violations import Ground

ANSWER_IS = f"{ANSWER} RETURNING id"


def good(ground: Ground) -> dict[str, object]:
    """An answer that may be stored."""
    return {"principal": "key:1", "key": "k", "fingerprint": b"f" * 32, "status": 201}


@pytest.mark.parametrize("status", [400, 409, 429, 500])
def test_i34_sees_an_answer_that_may_change(ground: Ground, status: int) -> None:
    ground.raw.execute("ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_storable_status")
    row = ground.plant(ANSWER_IS, **(good(ground) | {"status": status}))
    ground.assert_broken("I34", "idempotency_keys", row)


def test_i34_sees_an_answer_that_names_no_journal(ground: Ground) -> None:
    said = ANSWER_IS.replace("'{}'", """'{"journal_id":999999999,"x":"\\200"}'""")
    row = ground.plant(said, **good(ground))
    ground.assert_broken("I34", "idempotency_keys", row)


# ── I39 ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    """A Redis of this test alone, and all the time in the world."""
    redis_client._client.cache_clear()
    redis_client.breaker.close()
    for name in ("CONNECT_SECONDS", "REPLY_SECONDS", "SLOW_SECONDS"):
        monkeypatch.setattr(redis_client, name, 30)
    with own_redis() as server:
        settings.REDIS_URL = server.url
        yield server
    redis_client._client.cache_clear()
    redis_client.breaker.close()


def remember(ground: Ground, redis: OwnRedis, *, age: float = 60, body: bytes = b"{}", key: str = "k") -> None:
    """Have Redis hold an answer that was given a while ago."""
    command = Command(ground.shop.tenant.id, "key:1", "key:x", key, "POST /v1/x", b"f" * 32)
    kept = StoredAnswer(Answer(201, "application/json", body), command.fingerprint)
    name = front._name(command)
    redis.client.set(name, sealing.seal_answer(name, command, kept, time.time() - age))


def test_i39_sees_an_answer_that_postgres_does_not_have(ground: Ground, redis: OwnRedis) -> None:
    remember(ground, redis)
    ground.assert_broken("I39", "idempotency_keys", "key:1/k")


def test_i39_sees_an_answer_that_postgres_tells_otherwise(ground: Ground, redis: OwnRedis) -> None:
    ground.plant(ANSWER_IS, **good(ground))
    remember(ground, redis)
    assert ground.broken() == {}
    remember(ground, redis, body=b"[]")
    ground.assert_broken("I39", "idempotency_keys", "key:1/k")


def test_i39_finds_one_among_many(ground: Ground, redis: OwnRedis) -> None:
    redis.client.mset({f"idempotency:other:{n}": "x" for n in range(1_000)})
    for number in range(250):
        ground.raw.execute(ANSWER, {"tenant": ground.shop.tenant.id} | good(ground) | {"key": f"k-{number}"})
        remember(ground, redis, key=f"k-{number}")
    assert ground.broken() == {}
    remember(ground, redis)
    ground.assert_broken("I39", "idempotency_keys", "key:1/k")


def test_i39_does_not_judge_what_may_be_younger_than_what_it_sees(ground: Ground, redis: OwnRedis) -> None:
    remember(ground, redis, age=0)
    assert ground.broken() == {}


def test_i39_does_not_judge_other_books(ground: Ground, redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(books, "identity", lambda: "before the restore")
        remember(ground, redis)
    redis.client.set(front.PREFIX, "garbage")
    assert ground.broken() == {}


def test_i39_says_nothing_when_redis_does_not(ground: Ground, redis: OwnRedis) -> None:
    remember(ground, redis)
    redis.stop()
    assert ground.broken() == {}
