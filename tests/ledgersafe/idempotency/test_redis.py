"""Redis in front: fast while it is well; and lost, lying, full or gone, it changes nothing that counts."""

import time
from typing import Any

import pytest
from pytest_django import Settings

from ledgersafe.idempotency import books, front, guard, rows, sealing
from ledgersafe.idempotency.stored_answers import Answer, Command, StoredAnswer
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop, connect, open_shop
from tests.ledgersafe.idempotency.redises import OwnRedis, own_redis
from tests.ledgersafe.idempotency.spending import PATH, TooMuch, effects, is_replay, spend, till
from tests.ledgersafe.operations.test_metrics import grown, scrape
from tests.scenes.round_trips import counted


def command_of(shop: Shop, key: str = "k-1") -> Command:
    """The command that `spend(shop, key)` sends."""
    return Command.from_request(
        tenant_id=shop.tenant.id,
        principal=shop.principal.identity,
        actor=shop.principal.actor,
        key=key,
        method="POST",
        path=PATH,
        query={},
        body={"amount": "5"},
    )


def name_of(shop: Shop, key: str = "k-1") -> str:
    """Where Redis keeps it."""
    return front._name(command_of(shop, key))


def put_mark(redis: OwnRedis, shop: Shop, at: float) -> None:
    """Somebody began then; it never expires."""
    name = name_of(shop)
    redis.client.set(name, sealing.seal_mark(name, b"t" * 16, at))


def outcomes(before: Any) -> dict[tuple[str, ...], float]:
    """What the guard has counted since."""
    return grown(before, scrape(), "idempotency_guard_total")


# ── Well ────────────────────────────────────────────────────────────────────────────────────────
def test_an_answer_comes_from_redis_without_asking_postgres_for_it(redis: OwnRedis, shop: Shop) -> None:
    first, before = spend(shop), scrape()
    with counted() as trips:
        again = spend(shop)
    assert (again.content, is_replay(again)) == (first.content, True)
    assert trips.number == 1, "the API key is looked up, nothing else"
    assert outcomes(before) == {("replayed_cache",): 1}


def test_it_costs_two_statements(redis: OwnRedis, shop: Shop) -> None:
    spend(shop, "warm")
    with counted() as trips:
        spend(shop)
    assert trips.number == 6, "API key, BEGIN, claim, the command's one, answer, COMMIT"
    redis.client.flushall()
    with counted() as trips:
        assert is_replay(spend(shop))
    assert trips.number == 4, "API key, BEGIN, claim, COMMIT"


def test_a_reuse_is_refused_by_redis_alone(redis: OwnRedis, shop: Shop) -> None:
    spend(shop)
    with counted() as trips:
        assert spend(shop, amount="6").json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert trips.number == 1


def test_answers_are_remembered_for_a_day(redis: OwnRedis, shop: Shop) -> None:
    spend(shop)
    assert redis.names() == [name_of(shop).encode()]
    assert 86_000 < int(redis.client.ttl(name_of(shop))) <= 86_400


def test_a_replay_after_redis_has_forgotten_comes_from_postgres(
    redis: OwnRedis, shop: Shop, settings: Settings
) -> None:
    settings.IDEMPOTENCY_TTL_SECONDS = 1
    first = spend(shop)
    time.sleep(1.1)
    assert redis.names() == []
    settings.IDEMPOTENCY_TTL_SECONDS = 60
    before, again = scrape(), spend(shop)
    assert (again.content, is_replay(again), effects(shop)) == (first.content, True, 1)
    assert outcomes(before) == {("replayed_database",): 1}
    assert redis.names(), "and Redis knows it again"


def test_redis_is_told_after_the_commit_and_not_before(
    redis: OwnRedis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[object] = []
    keep = rows.keep

    def keep_and_look(command: Command, answer: Answer) -> None:
        keep(command, answer)
        value: Any = redis.client.get(name_of(shop))
        found.append(sealing.unseal(name_of(shop), value))

    monkeypatch.setattr(rows, "keep", keep_and_look)
    spend(shop)
    assert [type(one) for one in found] == [sealing.Mark]


@pytest.mark.parametrize("do", ["closed", "invalid", "break"])
def test_a_refusal_takes_its_mark_back(redis: OwnRedis, shop: Shop, do: str) -> None:
    spend(shop, do=do)
    assert redis.names() == []


def test_a_mark_that_is_anothers_by_now_is_left_alone(redis: OwnRedis, shop: Shop) -> None:
    seen = front.look(command_of(shop))
    assert seen.mark is not None
    put_mark(redis, shop, time.time())
    front.release(seen)
    assert redis.names()


# ── Marks ───────────────────────────────────────────────────────────────────────────────────────
def test_while_it_runs_a_second_request_is_told_to_wait(redis: OwnRedis, shop: Shop) -> None:
    put_mark(redis, shop, time.time())
    with connect(None) as other:
        other.execute("SELECT idempotency_claim_v1(%s, %s, %s)", [shop.tenant.id, shop.principal.identity, "k-1"])
        answer = spend(shop)
        assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
        assert answer.headers["Retry-After"] == "1"
        redis.client.flushall()
        assert spend(shop).status_code == 409, "Postgres alone knows it, too"
        other.rollback()
    assert (spend(shop).status_code, effects(shop)) == (201, 1)


@pytest.mark.parametrize("age", [0, 11, 10**9, -11])
def test_a_mark_whose_holder_died_blocks_nobody(redis: OwnRedis, shop: Shop, age: float) -> None:
    put_mark(redis, shop, time.time() - age)
    assert (spend(shop).status_code, effects(shop)) == (201, 1)
    assert is_replay(spend(shop))


def test_a_process_that_dies_after_the_commit_has_answered_for_good(
    redis: OwnRedis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(front, "keep", lambda *_: None)
        dying.setattr(front, "release", lambda *_: None)
        first = spend(shop)
    assert isinstance(sealing.unseal(name_of(shop), redis.client.get(name_of(shop))), sealing.Mark)  # type: ignore[arg-type]
    again = spend(shop)
    assert (again.content, is_replay(again), effects(shop)) == (first.content, True, 1)
    with counted() as trips:
        assert is_replay(spend(shop))
    assert trips.number == 1, "Redis was told meanwhile"


# ── Lost and lying ──────────────────────────────────────────────────────────────────────────────
def test_a_flush_changes_nothing(redis: OwnRedis, shop: Shop) -> None:
    first = spend(shop)
    redis.client.flushall()
    assert spend(shop).content == first.content
    redis.client.flushall()
    assert spend(shop, amount="6").json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert effects(shop) == 1


def test_a_flush_while_it_runs_changes_nothing(redis: OwnRedis, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = rows.keep

    def flush_and_keep(command: Command, answer: Answer) -> None:
        redis.client.flushall()
        keep(command, answer)

    monkeypatch.setattr(rows, "keep", flush_and_keep)
    assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"\0" * 33, b"x" * 1_000_000, b'{"status": 201}'])
def test_garbage_is_nothing(redis: OwnRedis, shop: Shop, garbage: bytes) -> None:
    redis.client.set(name_of(shop), garbage)
    assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]
    assert effects(shop) == 1


def test_a_value_of_another_type_is_nothing(redis: OwnRedis, shop: Shop) -> None:
    redis.client.rpush(name_of(shop), "a", "b")
    assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_a_damaged_answer_is_nothing(redis: OwnRedis, shop: Shop, cut: int) -> None:
    first = spend(shop)
    value: Any = redis.client.get(name_of(shop))
    redis.client.set(name_of(shop), value[:cut])
    again = spend(shop)
    assert (again.content, is_replay(again)) == (first.content, True)


def test_an_answer_in_the_wrong_place_is_nothing(redis: OwnRedis, shop: Shop) -> None:
    spend(shop)
    spend(other := open_shop())
    value: Any = redis.client.get(name_of(other))
    for key in ("k-1", "k-2"):
        redis.client.set(name_of(shop, key), value)
    assert [is_replay(spend(shop, key)) for key in ("k-1", "k-2")] == [True, False]
    assert effects(shop) == 2


def test_what_redis_knows_of_other_books_is_nothing(
    redis: OwnRedis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another database with the same ids, or this one before a backup was restored."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(books, "identity", lambda: "before the restore")
        command = command_of(shop)
        kept = StoredAnswer(Answer(201, "application/json", b"{}"), command.fingerprint)
        front.keep(front.look(command), command, kept)
    assert redis.names()
    assert (is_replay(spend(shop)), effects(shop)) == (False, 1)


def test_books_are_told_apart_by_server_time_line_and_database(shop: Shop) -> None:
    server, time_line, database = books.identity().split("/")
    assert server.isdigit()
    assert time_line == "00000001"
    assert database.isdigit()


# ── Unwell ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("trouble", "cure"),
    [
        ({"min_replicas_to_write": 1}, {"min_replicas_to_write": 0}),
        ({"maxmemory": 1, "maxmemory_policy": "noeviction"}, {"maxmemory": 0}),
    ],
    ids=["takes no writes", "full"],
)
def test_a_redis_that_only_reads_still_answers(
    redis: OwnRedis, shop: Shop, trouble: dict[str, Any], cure: dict[str, Any]
) -> None:
    spend(shop)
    redis.configure(**trouble)
    try:
        with counted() as trips:
            assert is_replay(spend(shop))
        assert trips.number == 1
        assert [is_replay(spend(shop, "k-2")) for _ in range(2)] == [False, True]
        assert spend(shop, "k-3", do="closed").status_code == 409
    finally:
        redis.configure(**cure)
    assert effects(shop) == 2


def test_a_redis_that_became_a_replica_still_answers(redis: OwnRedis, shop: Shop) -> None:
    spend(shop)
    redis.client.replicaof("127.0.0.1", 1)
    try:
        assert [is_replay(spend(shop, key)) for key in ("k-1", "k-2", "k-2")] == [True, False, True]
    finally:
        redis.client.replicaof("NO", "ONE")
    assert effects(shop) == 2


def test_a_redis_that_is_gone_is_not_missed(patient: None, shop: Shop, settings: Settings) -> None:
    with own_redis() as mortal:
        settings.REDIS_URL = mortal.url
        first = spend(shop)
        mortal.stop()
        before = scrape()
        again = spend(shop)
        assert (again.content, is_replay(again)) == (first.content, True)
        assert [is_replay(spend(shop, "k-2")) for _ in range(2)] == [False, True]
    assert outcomes(before) == {("cache_down",): 1, ("replayed_database",): 2, ("executed",): 1}
    assert effects(shop) == 2


def test_without_redis_postgres_does_it_alone(shop: Shop, settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert [is_replay(spend(shop)) for _ in range(2)] == [False, True]
    assert (effects(shop), till.runs) == (1, 1)


def test_a_refusal_that_was_overtaken_is_not_what_counts(redis: OwnRedis, shop: Shop) -> None:
    """Between a refusal's rolled-back transaction and the one that stores it, somebody else may have succeeded."""
    command = command_of(shop)
    done = Answer(201, "application/json", b'{"spent":"5"}')

    def refused() -> Answer:
        raise TooMuch

    def refuse(_: Exception) -> Answer:
        with tenant_transaction(shop.tenant.id):
            assert rows.claim(command) is None
            rows.keep(command, done)
        return Answer(422, "application/problem+json", b"{}")

    outcome = guard.carry_out(command, refused, refuse)
    assert (outcome.answer, outcome.is_replay) == (done, True)
