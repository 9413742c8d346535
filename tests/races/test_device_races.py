"""Devices under fire: one number under many ids, folds while events come, two who explain at once."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe.values.errors import DomainError
from pos.devices import Missing, explain_gap, fold_devices
from pos.intake import Answer, receive_batch, receive_event
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.device_numbers import numbered, ranges, send_numbers

pytestmark = pytest.mark.xdist_group("races")


def sending(shop: Shop, event: dict[str, Any]) -> Callable[[], Answer]:
    body = json.dumps(event).encode()
    return lambda: receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now())


@pytest.mark.parametrize("is_known", [False, True])
def test_one_number_under_twenty_ids_posts_once(shop: Shop, is_known: bool) -> None:
    if is_known:  # the path of one round trip
        assert shop.send(shop.sale("warm-up")).status_code == 201
    answers = all_at_once([sending(shop, numbered(shop, 1, event_id=f"evt-{n}")) for n in range(20)])
    assert Counter(answer.reason_code for answer in answers) == {None: 1, "SEQUENCE_GAP": 19}
    assert Counter(answer.status for answer in answers) == {201: 1, 202: 19}
    assert ranges(shop) == [(1, 1)]


def test_batches_that_want_the_same_numbers_crosswise_end_with_one_each(shop: Shop) -> None:
    def batch(name: str, seqs: list[int]) -> Callable[[], list[Answer]]:
        bodies = [json.dumps(numbered(shop, seq, event_id=f"{name}-{seq}")).encode() for seq in seqs]
        return lambda: receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())

    numbers = list(range(1, 21))
    rounds = all_at_once([batch("a", numbers), batch("b", numbers[::-1]), batch("c", numbers[::-1])])
    reasons = Counter(answer.reason_code for answers in rounds for answer in answers)
    assert reasons == {None: 20, "SEQUENCE_GAP": 40}
    assert ranges(shop) == [(1, 20)]


def test_folds_lose_nothing_of_what_comes_meanwhile(shop: Shop) -> None:
    assert shop.send(shop.sale("warm-up")).status_code == 201
    events = [sending(shop, numbered(shop, seq)) for seq in range(1, 41)]
    folds: list[Callable[[], Any]] = [lambda: fold_devices(tenant_id=shop.tenant.id)] * 10
    crowd: list[Callable[[], Any]] = [work for four in zip(*[iter(events)] * 4, strict=True) for work in four]
    all_at_once(crowd + folds)
    assert ranges(shop) == [(1, 40)]
    assert fold_devices(tenant_id=shop.tenant.id) == 0


def test_of_those_who_explain_one_gap_at_once_one_does(shop: Shop) -> None:
    send_numbers(shop, 1, 10)

    def explaining(first: int) -> Callable[[], str]:
        def explain() -> str:
            missing = Missing("tab-1", first, first + 3, "lost")
            try:
                explain_gap(tenant_id=shop.tenant.id, missing=missing, actor="user:anna", now=timezone.now())
            except DomainError as error:
                return error.code
            return "explained"

        return explain

    told = Counter(all_at_once([explaining(first) for first in (2, 3, 4, 5)] * 3))
    assert told == {"explained": 1, "ALREADY_EXPLAINED": 11}
