"""The load test's own decisions: a load test that believes a wrong answer is worse than none."""

import json
import random
from decimal import Decimal

import pytest

from bench.moving import BadSetting, Mover, Outcome, Sent, Settings


def mover(**settings: str) -> Mover:
    return Mover(Settings.read(settings), "run", random.Random(7))


def outcome(requests: int = 100, failures: int = 0) -> Outcome:
    return Outcome(requests, failures, repeats=10, seconds=10.0, p95_milliseconds=42.4, asked_per_second=12)


def test_it_asks_for_a_little_when_nothing_is_said() -> None:
    assert Settings.read({}) == Settings(per_second=100, accounts=1_000, currency="USD", dedupe_rate=0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TX_PER_SEC", "0"),
        ("TX_PER_SEC", "many"),
        ("ACCOUNT_POOL_SIZE", "1"),
        ("DEDUPE_RATE", "1.5"),
        ("TX_PER_SEC", "nan"),
    ],
)
def test_it_refuses_a_setting_that_makes_no_sense(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.read({name: value})


def test_a_transfer_balances_between_two_accounts_of_the_pool() -> None:
    mine = mover(ACCOUNT_POOL_SIZE="2", ACCOUNT_CCY="JPY")
    body = json.loads(mine.next().body)
    assert {entry["account_code"] for entry in body["entries"]} == {one["code"] for one in mine.settings.openings()}
    assert sum(Decimal(entry["amount"]) for entry in body["entries"]) == 0
    assert {entry["ccy"] for entry in body["entries"]} == {"JPY"}


def test_without_repeats_no_key_comes_twice() -> None:
    mine = mover(DEDUPE_RATE="0")
    sent = [mine.next() for _ in range(100)]
    for number, one in enumerate(sent):
        mine.answered(one, number)
    assert len({json.loads(one.body)["idempotency_key"] for one in sent}) == 100
    assert not mine.next().is_repeat


def test_a_repeat_is_the_same_bytes_and_knows_the_first_ones_journal() -> None:
    mine = mover(DEDUPE_RATE="1")
    first = mine.next()
    assert not first.is_repeat  # nothing was answered yet
    mine.answered(first, 17)
    assert mine.next() == Sent(first.body, 17)


def test_a_new_transfer_must_be_applied() -> None:
    sent = Sent(b"{}")
    assert sent.fault(201, {"status": "applied", "journal_id": 17}) is None
    assert sent.fault(200, {"status": "duplicate", "journal_id": 17}) == "200 duplicate instead of 201 applied"
    assert sent.fault(503, {"code": "UNAVAILABLE"}) == "503 UNAVAILABLE instead of 201 applied"
    assert sent.fault(0, None) == "0 no JSON object instead of 201 applied"
    assert sent.fault(201, {"status": "applied", "journal_id": None}) == "no journal_id"


def test_a_repeat_must_be_a_duplicate_of_the_same_journal() -> None:
    sent = Sent(b"{}", 17)
    assert sent.fault(200, {"status": "duplicate", "journal_id": 17}) is None
    assert sent.fault(201, {"status": "applied", "journal_id": 18}) == "201 applied instead of 200 duplicate"
    assert sent.fault(200, {"status": "duplicate", "journal_id": 18}) == "a repeat got journal 18 instead of 17"


def test_a_run_is_good_when_all_was_answered_right_and_something_was_asked() -> None:
    assert (outcome().is_good, outcome(failures=1).is_good, outcome(requests=0).is_good) == (True, False, False)


def test_the_table_tells_rate_latency_failures_and_pace() -> None:
    assert outcome(failures=1).table().splitlines() == [
        "requests      100 (10 repeats)",
        "success rate  99.00 %",
        "failures      1",
        "p95 latency   42 ms",
        "achieved TPS  9.9 of 12 asked",
    ]
