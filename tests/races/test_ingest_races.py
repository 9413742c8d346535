"""The gate under fire: threads on real Postgres, every commit real."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.tenants import authentication, keys
from pos.intake import Answer, receive, receive_batch, receive_event
from pos.intake.delivery import Delivery
from pos.models import Result
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")  # fifty connections at a time are enough for one server


def sending(shop: Shop, event: dict[str, Any]) -> Callable[[], Answer]:
    """One call of the use case, to be made later."""
    body = json.dumps(event).encode()
    return lambda: receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now())


def test_fifty_identical_events_post_once(shop: Shop) -> None:
    answers = all_at_once([sending(shop, shop.sale())] * 50)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 49}
    assert len({answer.journal_id for answer in answers}) == 1
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 50
    assert shop.rows("SELECT arrivals FROM events_processed WHERE tenant_id = %s") == [(50,)]


def test_fifty_identical_events_post_once_where_everything_is_remembered(shop: Shop) -> None:
    """The path of one round trip: whoever finds the key taken meanwhile writes nothing and goes the long way."""
    assert shop.send(shop.sale("warm-up")).status_code == 201
    answers = all_at_once([sending(shop, shop.sale())] * 50)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 49}
    assert shop.number("journals") == 2
    assert shop.number("events_raw") == 51
    assert shop.rows("SELECT max(arrivals) FROM events_processed WHERE tenant_id = %s") == [(50,)]


def test_fifty_events_in_two_versions_leave_one_effective_and_one_question(shop: Shop) -> None:
    other = shop.sale(total_amount=41, line_items=[{"sku": "A", "amount": 37}], tenders=None)
    answers = all_at_once([sending(shop, event) for event in [shop.sale(), other] * 25])
    results = Counter(answer.result.value for answer in answers)
    assert results == {"processed": 1, "duplicate": 24, "quarantined": 25}
    assert len({answer.exception_id for answer in answers if answer.exception_id}) == 1
    reasons = Counter(answer.reason_code for answer in answers if answer.exception_id)
    assert reasons == {"IDEMPOTENCY_CONFLICT": 1, "ALREADY_QUARANTINED": 24}
    assert shop.number("journals") == 1
    assert shop.number("exceptions") == 1
    assert shop.number("events_raw") == 50


def test_fifty_tills_of_a_new_tenant_open_each_account_once(shop: Shop) -> None:
    answers = all_at_once([sending(shop, shop.sale(f"evt-{n}")) for n in range(50)])
    assert Counter(answer.status for answer in answers) == {201: 50}
    assert shop.number("accounts") == 4
    assert shop.number("stores") == 1
    assert shop.number("periods") == 1


def test_one_source_event_under_twenty_ids_posts_once(shop: Shop) -> None:
    events = [shop.sale(f"evt-{n}", source_event_id="src-1") for n in range(20)]
    answers = all_at_once([sending(shop, event) for event in events])
    reasons = Counter(answer.reason_code for answer in answers)
    assert reasons == {None: 1, "DUPLICATE_SOURCE_EVENT_ID": 19}
    assert shop.number("journals") == 1


def test_batches_in_opposite_orders_never_deadlock(shop: Shop) -> None:
    bodies = [json.dumps(shop.sale(f"evt-{n}")).encode() for n in range(60)]

    def batch(events: list[bytes]) -> Callable[[], list[Answer]]:
        return lambda: receive_batch(principal=shop.principal, bodies=events, headers={}, now=timezone.now())

    rounds = all_at_once([batch(bodies), batch(bodies[::-1])] * 6)
    statuses = Counter(answer.status for answers in rounds for answer in answers)
    assert statuses == {201: 60, 200: 660}
    assert shop.number("journals") == 60


def test_nobody_waits_for_a_batch_that_opens_what_all_need(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of a day and of a chart of accounts: another till posts while the batch is under way."""
    others: list[Answer] = []
    context_of = Delivery.context_of

    def with_another_till_in_between(*args: Any, **options: Any) -> Any:
        if not others:
            others.append(Answer("", None, None, Result.REJECTED))  # the other till comes this way too
            pool = ThreadPoolExecutor(1)  # not waited for: should it have to wait for us, we end first
            others[0] = pool.submit(all_at_once, [sending(shop, shop.sale("other"))]).result(timeout=30)[0]
        return context_of(*args, **options)

    monkeypatch.setattr(Delivery, "context_of", with_another_till_in_between)
    bodies = [json.dumps(shop.sale(f"e{number}")).encode() for number in range(3)]
    answers = receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
    assert [answer.status for answer in [*others, *answers]] == [201] * 4
    assert shop.number("journals") == 4


def test_a_batch_that_fails_leaves_an_open_day_and_nothing_in_the_books(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    bodies = [json.dumps(shop.sale(f"e{number}")).encode() for number in range(3)]
    monkeypatch.setattr(receive, "_write_in_transaction", crash)
    with pytest.raises(KeyboardInterrupt):
        receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
    assert [shop.number(table) for table in ("events_raw", "events_processed", "journals", "postings")] == [0] * 4
    assert (shop.number("periods"), shop.number("accounts")) == (1, 4)
    monkeypatch.undo()
    answers = receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
    assert [answer.status for answer in answers] == [201] * 3


def test_a_revoked_key_opens_nothing(shop: Shop) -> None:
    bodies = [json.dumps(shop.sale(f"e{number}")).encode() for number in range(3)]
    with tenant_transaction(shop.tenant.id):
        keys.revoke(shop.tenant, prefix=shop.principal.prefix, now=timezone.now())
    with pytest.raises(authentication.CredentialRevoked):
        receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
    assert (shop.number("periods"), shop.number("accounts")) == (0, 0)
