"""A retry that races the rotation of its key: both keys at once, one effect."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Shop
from tests.ledgersafe.idempotency.spending import is_replay
from tests.ledgersafe.idempotency.test_rotation import COMMANDS, Send
from tests.scenes.crowd import all_at_once
from tests.scenes.rotated_keys import rotated

pytestmark = pytest.mark.xdist_group("races")
each_command = pytest.mark.parametrize("made", COMMANDS, ids=lambda made: made.__name__)


def sending(send: Send, by: Shop) -> Callable[[], Any]:
    """Send the command, from a client of its own."""
    return lambda: send(Shop(by.tenant, by.key, by.principal, Client()))


def assert_one_effect(shop: Shop, answers: list[Any], table: str, before: int) -> None:
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    done = [answer for answer in answers if answer.status_code != 409]
    assert [is_replay(answer) for answer in done].count(False) == 1
    assert shop.number(table) == before + 1


@each_command
def test_both_keys_at_once_have_one_effect(shop: Shop, made: Callable[[Shop], tuple[Send, str]]) -> None:
    send, table = made(shop)
    before, second = shop.number(table), rotated(shop)
    answers = all_at_once([sending(send, (shop, second)[n % 2]) for n in range(16)])
    assert_one_effect(shop, answers, table, before)
    assert is_replay(send(shop))
    assert is_replay(send(second))


@each_command
def test_a_retry_during_the_rotation_has_one_effect(shop: Shop, made: Callable[[Shop], tuple[Send, str]]) -> None:
    send, table = made(shop)
    before = shop.number(table)

    def rotate_and_retry() -> Any:
        return sending(send, rotated(shop))()

    answers = all_at_once([rotate_and_retry, *[sending(send, shop) for _ in range(7)]])
    assert_one_effect(shop, answers, table, before)
