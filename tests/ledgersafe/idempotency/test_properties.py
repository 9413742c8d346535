"""Whatever is sent in whatever order, and whatever happens to Redis in between: one effect per key, one answer."""

from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.conftest import Shop, open_shop
from tests.ledgersafe.idempotency.redises import OwnRedis
from tests.ledgersafe.idempotency.spending import effects, is_replay, spend

KEYS = st.sampled_from(["a", "b", "c"])
#: What is sent under a key, and what it is told when it is carried out.
BODIES = st.sampled_from(
    [
        ({"amount": "1"}, 201),
        ({"amount": "2"}, 201),
        ({"do": "much"}, 422),
        ({"do": "closed"}, 409),
        ({"do": "invalid"}, 400),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), KEYS, BODIES),
        st.tuples(st.sampled_from(["flush", "garbage", "stop", "start", "no writes"]), st.none(), st.none()),
    ),
    min_size=1,
    max_size=14,
)


class Model:
    """What should be: by key, the body that was answered for good, and the answer's bytes."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.answered: dict[str, tuple[dict[str, str], int, bytes]] = {}

    def send(self, key: str, body: dict[str, str], status: int) -> None:
        """Send it, and compare."""
        answer = spend(self.shop, key, **body)
        if key not in self.answered:
            assert (answer.status_code, is_replay(answer)) == (status, False)
            if status in {201, 422}:
                self.answered[key] = body, status, answer.content
            return
        first, then, content = self.answered[key]
        if body == first:
            assert (answer.status_code, answer.content, is_replay(answer)) == (then, content, True)
        else:
            assert answer.json()["code"] == "IDEMPOTENCY_KEY_REUSED"

    def check(self) -> None:
        """Exactly one effect per key that succeeded."""
        assert effects(self.shop) == sum(status == 201 for _, status, _ in self.answered.values())


def disturb(what: str, redis: OwnRedis, settings: Settings) -> None:
    """Something happens to Redis."""
    match what:
        case "flush":
            redis.configure(min_replicas_to_write=0)
            redis.client.flushall()
        case "garbage":
            redis.configure(min_replicas_to_write=0)
            for name in redis.names():
                redis.client.set(name, b"garbage")
        case "stop":
            settings.REDIS_URL = ""
        case "start":
            settings.REDIS_URL = redis.url
            redis.configure(min_replicas_to_write=0)
        case "no writes":
            redis.configure(min_replicas_to_write=1)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_a_key_has_one_effect_and_one_answer(
    books: None, redis: OwnRedis, settings: Settings, steps: list[tuple[str, str, Any]]
) -> None:
    model = Model(open_shop())
    disturb("start", redis, settings)
    for what, key, sent in steps:
        if what == "send":
            model.send(key, *sent)
        else:
            disturb(what, redis, settings)
        model.check()
    disturb("start", redis, settings)
