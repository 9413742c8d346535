"""`Idempotent-Replayed`: every command with a key says that its answer was given before, and the schema that it may."""

from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.conftest import Shop
from tests.ledgersafe.idempotency.spending import is_replay
from tests.ledgersafe.idempotency.test_rotation import COMMANDS, Send
from tests.scenes.fx import open_banks, quote, settlement
from tests.scenes.transfers import open_accounts, transfer


@pytest.mark.parametrize("command_of", COMMANDS, ids=lambda function: function.__name__)
def test_a_repeat_says_that_it_is_one(shop: Shop, command_of: Callable[[Shop], tuple[Send, str]]) -> None:
    send, _ = command_of(shop)
    assert [is_replay(send(shop)) for _ in range(3)] == [False, True, True]


def test_a_bulk_that_does_something_is_no_repeat(shop: Shop) -> None:
    open_accounts(shop, "A", "B")
    first, second = transfer(), transfer()
    assert not is_replay(shop.post("/v1/transfers/bulk", {"transfers": [first, first]}))
    assert not is_replay(shop.post("/v1/transfers/bulk", {"transfers": [first, second]}))
    assert is_replay(shop.post("/v1/transfers/bulk", {"transfers": [second, first]}))


def test_a_dry_run_is_no_repeat_unless_it_was_carried_out(shop: Shop) -> None:
    open_accounts(shop, "A", "B")
    open_banks(shop)
    quote(shop)
    for path, body in (("/v1/transfers", transfer()), ("/v1/fx/settlements", settlement())):
        assert not is_replay(shop.post(f"{path}?dry_run=true", body))
        assert not is_replay(shop.post(path, body))
        assert is_replay(shop.post(f"{path}?dry_run=true", body))


def test_a_refused_repeat_is_no_repeat(shop: Shop) -> None:
    open_accounts(shop, "A", "B")
    body = transfer()
    assert shop.post("/v1/transfers", body).status_code == 201
    assert not is_replay(shop.post("/v1/transfers", body | {"memo": "other"}))


def test_the_schema_declares_it_of_every_command_with_a_key() -> None:
    paths: Any = SchemaGenerator().get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]
    commands = [operation for path in paths.values() for operation in path.values() if _has_key(operation)]
    assert len(commands) == 8
    for operation in commands:
        repeats = [answer for status, answer in operation["responses"].items() if status in {"200", "201"}]
        assert any("Idempotent-Replayed" in answer.get("headers", {}) for answer in repeats), operation["operationId"]


def _has_key(operation: dict[str, Any]) -> bool:
    named = {one["name"] for one in operation.get("parameters", [])}
    return "X-Idempotency-Key" in named or operation["operationId"] == "transfers_bulk"
