"""Failures after capture: nothing is lost, nothing is posted twice, and a person is told."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from ledgersafe.postgres import db
from ledgersafe.telemetry import metrics
from pos.intake import receive, rows, writer
from pos.intake.delivery import Delivery
from pos.intake.patience import Patience
from pos.intake.reception import Reception
from pos.posting import reference_rows
from pos.rules import decide
from tests.conftest import Shop, connect
from tests.scenes.returns import about


@pytest.fixture
def owner(books: None) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection, committing each statement."""
    raw = connect(None)
    raw.autocommit = True
    yield raw
    raw.close()


def block(owner: psycopg.Connection[Any], shop: Shop, role: str) -> None:
    """Block an account behind the product's back."""
    owner.execute("UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND role = %s", [shop.tenant.id, role])


def test_it_keeps_and_holds_an_event_the_books_refuse(shop: Shop, owner: psycopg.Connection[Any]) -> None:
    assert shop.send(shop.sale()).status_code == 201
    block(owner, shop, "CARD_CLEARING")
    answer = shop.send(shop.sale("evt-2"))
    assert answer.status_code == 202
    assert answer.json()["reason_code"] == "PROCESSING_FAILED"
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 2
    details = shop.rows("SELECT details FROM exceptions WHERE tenant_id = %s")[0][0]
    assert "blocked" in str(details)
    assert shop.send(shop.sale("evt-2")).json()["reason_code"] == "ALREADY_QUARANTINED"


def test_it_holds_only_the_events_of_a_batch_that_the_books_refuse(shop: Shop, owner: psycopg.Connection[Any]) -> None:
    assert shop.send(shop.sale()).status_code == 201
    block(owner, shop, "CARD_CLEARING")
    cash = {"tenders": [{"method": "CASH", "amount": 42.5}]}
    events = [shop.sale("evt-a", **cash), shop.sale("evt-b"), shop.sale("evt-c", **cash), shop.sale("evt-a", **cash)]
    results = shop.post("/v1/events/batch", {"events": events}).json()["results"]
    assert [result["status"] for result in results] == [201, 202, 201, 200]
    assert results[1]["reason_code"] == "PROCESSING_FAILED"
    assert shop.number("journals") == 3


def test_it_holds_only_the_events_of_a_batch_that_are_refused_at_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the rules let more be returned than was sold: the guard of references looks when all is written."""
    row = reference_rows.reference_row
    monkeypatch.setattr(rows, "reference_row", lambda reference: row(reference) | {"amount": 4251})
    events = [shop.sale("sold"), about(shop, "RETURN", "back", total_amount=5), shop.sale("next")]
    results = shop.post("/v1/events/batch", {"events": events}).json()["results"]
    assert [(result["status"], result["reason_code"]) for result in results] == [
        (201, None),
        (202, "PROCESSING_FAILED"),
        (201, None),
    ]
    assert "More would have been returned" in str(shop.rows("SELECT details FROM exceptions WHERE tenant_id = %s"))
    assert shop.number("journals") == 2
    assert shop.number("sale_references") == 0


class Refusing:
    """Raises what is given for the next calls of one SQL function, then calls it."""

    def __init__(self, function: str, *errors: psycopg.Error) -> None:
        self.function, self.errors = function, list(errors)
        self.called: list[str] = []

    def __call__(self, function: str, *args: Any) -> Any:
        self.called.append(function)
        if function == self.function and self.errors:
            with connection.wrap_database_errors:
                raise self.errors.pop(0)
        return db.call(function, *args)


def test_what_is_refused_in_columns_is_told_row_by_row_and_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counter = metrics.row_by_row.labels("22P03")
    before = counter._value.get()
    refusing = Refusing("pos_receive_many_v1", psycopg.errors.InvalidBinaryRepresentation("bug"))
    monkeypatch.setattr(writer, "call", refusing)
    results = shop.post("/v1/events/batch", {"events": [shop.sale("a"), shop.sale("b")]}).json()["results"]
    assert [result["status"] for result in results] == [201, 201]
    assert refusing.called == ["pos_receive_many_v1", "pos_receive_v2"]
    assert counter._value.get() == before + 1
    assert "22P03" in caplog.text


def test_an_odd_refusal_does_not_make_a_day_that_is_being_closed_the_events_fault(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = psycopg.errors.InvalidBinaryRepresentation("bug")
    monkeypatch.setattr(writer, "call", Refusing("pos_receive_many_v1", broken))
    calls, store_once = [], receive._store_once

    def closing(delivery: Delivery, arrivals: Any, patience: Patience) -> Any:
        calls.append((patience.is_row_by_row, patience.is_last))
        if len(calls) == 2:
            with connection.wrap_database_errors:
                raise psycopg.errors.CheckViolation("journals_open_day")
        return store_once(delivery, arrivals, patience)

    monkeypatch.setattr(receive, "_store_once", closing)
    results = shop.post("/v1/events/batch", {"events": [shop.sale("a"), shop.sale("b")]}).json()["results"]
    assert [result["status"] for result in results] == [201, 201]
    assert calls == [(False, False), (True, False), (True, False)]


def test_what_stays_out_of_date_is_answered_503(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(*args: Any, **options: Any) -> Any:
        raise db.StaleMemory

    monkeypatch.setattr(receive, "_store_once", stale)
    answer = shop.send(shop.sale())
    assert (answer.status_code, shop.number("events_raw")) == (503, 0)
    assert answer.headers["Retry-After"]


def test_a_cancelled_statement_is_answered_503_and_not_tried_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Refusing("pos_receive_many_v1", *[psycopg.errors.QueryCanceled("too long")] * 3)
    monkeypatch.setattr(writer, "call", refusing)
    answer = shop.post("/v1/events/batch", {"events": [shop.sale("a"), shop.sale("b")]})
    assert (answer.status_code, refusing.called) == (503, ["pos_receive_many_v1"])
    assert shop.number("events_raw") == 0


def test_arrivals_told_out_of_order_are_refused_as_a_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if `Writer.take_keys` forgot to sort: half of what is new would be written."""
    first = about(shop, "RETURN", "first", total_amount=1)
    assert shop.post("/v1/events/batch", {"events": [shop.sale("sold"), first]}).json()["counts"] == {"processed": 2}
    monkeypatch.setattr(writer, "sorted", lambda plans, key: [*plans][::-1], raising=False)
    events = [about(shop, "RETURN", "second", total_amount=2), first, about(shop, "RETURN", "third", total_amount=3)]
    results = shop.post("/v1/events/batch", {"events": events}).json()["results"]
    assert [result["status"] for result in results] == [201, 200, 201]
    assert shop.number("journals") == 4


def test_it_holds_an_event_on_which_the_rules_fail(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(event: Any, rates: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(decide, "draft_of", broken)
    answer = shop.send(shop.sale())
    assert answer.status_code == 202
    assert answer.json()["reason_code"] == "PROCESSING_FAILED"
    assert shop.number("events_raw") == 1
    assert shop.number("journals") == 0


@pytest.mark.parametrize("error", [psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected])
def test_it_runs_the_transaction_again_when_postgres_asks_for_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    failures = iter([error("again"), error("again")])
    original = db.call

    def sometimes(function: str, *args: Any) -> Any:
        failure = next(failures, None)
        if failure is not None:
            with connection.wrap_database_errors:
                raise failure
        return original(function, *args)

    monkeypatch.setattr(writer, "call", sometimes)
    before = metrics.serialization_retries._value.get()
    assert shop.send(shop.sale()).status_code == 201
    assert metrics.serialization_retries._value.get() == before + 2
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 1


def test_it_gives_up_after_a_bounded_number_of_attempts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def never(function: str, *args: Any) -> Any:
        calls.append(function)
        with connection.wrap_database_errors:
            raise psycopg.errors.SerializationFailure("again")

    monkeypatch.setattr(writer, "call", never)
    answer = shop.send(shop.sale())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert len(calls) == db.MAX_ATTEMPTS
    assert shop.number("events_raw") == 0


def test_it_posts_once_when_the_reply_to_commit_is_lost(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    original = receive._store_once
    lost: list[bool] = []

    def losing(*args: Any, **options: Any) -> Any:
        answers = original(*args, **options)
        if not lost:
            lost.append(True)
            raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")
        return answers

    monkeypatch.setattr(receive, "_store_once", losing)
    answer = shop.send(shop.sale())
    assert answer.status_code == 200
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 2


def test_it_survives_a_backend_that_is_killed(shop: Shop, owner: psycopg.Connection[Any]) -> None:
    assert shop.send(shop.sale()).status_code == 201
    backend = db.raw_connection().info.backend_pid
    owner.execute("SELECT pg_terminate_backend(%s)", [backend])
    assert shop.send(shop.sale("evt-2")).status_code == 201
    assert shop.number("journals") == 2


def test_it_leaves_nothing_behind_when_the_process_dies_before_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As if the worker were gone."""

    def dying(self: Any, result: Any, context: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Reception, "judge", dying)
        with pytest.raises(Killed):
            receive.receive_event(
                principal=shop.principal, body=json.dumps(shop.sale()).encode(), headers={}, now=timezone.now()
            )
    assert shop.number("events_raw") == shop.number("journals") == 0
    assert shop.send(shop.sale()).status_code == 201
