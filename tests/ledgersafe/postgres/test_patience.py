"""The web server does not wait for Postgres for ever: it answers 503, nothing is half done, and the next try works."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from exceptions.models import ExceptionCase
from ledgersafe.postgres import db, patience
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.values import errors
from pos.intake import writer
from tests.conftest import Shop, connect
from tests.pos.intake.test_failures import Refusing
from tests.scenes.drawers import command, open_drawer
from tests.scenes.staff import boss, signed_in
from tests.scenes.till import assert_problem
from tests.scenes.transfers import entry, transfer

#: Everything that could be half done.
TABLES = ("events_raw", "event_outcomes", "events_processed", "exceptions", "journals", "postings", "transfers",
          "financial_transactions", "idempotency_keys")  # fmt: skip
SHORT = {"lock_timeout": 150, "statement_timeout": 0, "idle_in_transaction_session_timeout": 0}


@contextmanager
def limited(**timeouts: int) -> Iterator[None]:
    """This process as the web server is, with shorter patience."""
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    connection.close()
    patience.limit(options, SHORT | timeouts, settings.WEB_DATABASE_CONNECTING)
    try:
        yield
    finally:
        connection.close()
        options.clear()
        options.update(before)


@pytest.fixture
def impatient(books: None) -> Iterator[None]:
    with limited():
        yield


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Somebody has the whole table for themselves."""
    with connect(None) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield
        other.rollback()


def numbers(shop: Shop) -> dict[str, int]:
    return {table: shop.number(table) for table in TABLES}


def send_event(shop: Shop) -> Any:
    return shop.send(shop.sale("asked"))


def send_other_version(shop: Shop) -> Any:
    return shop.send(shop.sale("known", cashier_id="another"))


def send_return(shop: Shop) -> Any:
    """The long way: it is about another event."""
    about = {"original_event_id": "known"}
    return shop.send(shop.sale("back", event_type="RETURN", references=about))


def send_batch(shop: Shop) -> Any:
    return shop.post("/v1/events/batch", {"events": [shop.sale(f"one-of-{number}") for number in range(3)]})


def send_transfer(shop: Shop) -> Any:
    lines = entry("SALES:USD", "5.00"), entry("DRAWER:store-1/till-1:USD", "-5.00")
    return shop.post("/v1/transfers", transfer(*lines, idempotency_key="asked"))


def send_drawer_command(shop: Shop) -> Any:
    ((drawer,),) = shop.rows("SELECT id FROM pos_ledgers WHERE tenant_id = %s")
    body = {"ledger_id": drawer, "type": "SALE", "amount": 500, "method": "CASH", "order_id": "o-9"}
    return command(shop, "transactions", body, key="asked")


@pytest.fixture
def till(shop: Shop) -> Shop:
    """A shop that has sold, at a register with an open drawer of its own."""
    open_drawer(shop, register="till-9")
    assert shop.send(shop.sale("known")).status_code == 201
    return shop


@pytest.mark.parametrize(
    ("table", "send", "status"),
    [
        ("journals", send_event, 201),
        ("postings", send_event, 201),
        ("events_raw", send_event, 201),
        ("events_processed", send_event, 201),
        ("accounts", send_event, 201),
        ("exceptions", send_other_version, 202),
        ("journals", send_return, 201),
        ("journals", send_batch, 200),
        ("event_outcomes", send_batch, 200),
        ("periods", send_batch, 200),
        ("journals", send_transfer, 201),
        ("transfers", send_transfer, 201),
        ("journals", send_drawer_command, 201),
        ("idempotency_keys", send_drawer_command, 201),
        ("api_keys", send_drawer_command, 201),
    ],
)
def test_a_locked_table_is_503_and_nothing_is_half_done(
    till: Shop, impatient: None, table: str, send: Callable[[Shop], Any], status: int
) -> None:
    before = numbers(till)
    with locked(table):
        started = time.monotonic()
        answer = send(till)
        assert time.monotonic() - started < 5
        assert_problem(answer, 503, "UNAVAILABLE")
        assert answer.headers["Retry-After"] == "2"
    assert numbers(till) == before
    again = send(till)
    assert again.status_code == status, again.content
    assert "PROCESSING_FAILED" not in again.content.decode()
    assert numbers(till) != before


def test_an_event_is_not_held_for_a_lock_when_the_events_of_a_batch_are_told_row_by_row(
    till: Shop, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each event has a savepoint of its own, in which whatever Postgres refuses would be the event's fault."""
    before = numbers(till)
    with monkeypatch.context() as patch:
        broken = psycopg.errors.InvalidBinaryRepresentation("bug")
        refusing = Refusing("pos_receive_many_v1", broken)
        patch.setattr(writer, "call", refusing)
        with locked("postings"):
            assert_problem(send_batch(till), 503, "UNAVAILABLE")
        assert refusing.called == ["pos_receive_many_v1", "pos_receive_v2"]
    assert numbers(till) == before
    assert [result["status"] for result in send_batch(till).json()["results"]] == [201] * 3


def test_a_statement_that_takes_too_long_is_503(till: Shop) -> None:
    before = numbers(till)
    with limited(lock_timeout=0, statement_timeout=200):
        for send in (send_event, send_batch, send_transfer, send_drawer_command):
            with locked("journals"):
                started = time.monotonic()
                assert_problem(send(till), 503, "UNAVAILABLE")
                assert time.monotonic() - started < 5
    assert numbers(till) == before


def test_who_hangs_in_a_transaction_is_503_and_holds_nobody_up(shop: Shop) -> None:
    def hang() -> None:
        with tenant_transaction(shop.tenant.id):
            db.call("ledger_day_lock_v1", shop.tenant.id, "2026-02-25")
            time.sleep(0.4)
            db.call("ledger_day_lock_v1", shop.tenant.id, "2026-02-25")

    with limited(idle_in_transaction_session_timeout=100):
        with pytest.raises(errors.Unavailable):
            db.retry_serialization(hang)
        assert shop.send(shop.sale()).status_code == 201


@pytest.mark.parametrize("state", ["55P03", "57014", "57P01", "57P02", "57P03", "25P03", "08006", "53300", "58030"])
def test_what_says_nothing_of_the_request_is_unavailable(shop: Shop, state: str) -> None:
    """However it is met: in a use case, or by a view that only reads."""
    error = psycopg.errors.lookup(state)("as Postgres says")
    with pytest.raises(errors.Unavailable), connection.wrap_database_errors:
        db.retry_serialization(lambda: _raise(error))
    assert db.is_unavailable(error)


@pytest.mark.parametrize("state", ["23514", "23505", "40001", "22003", "42P01"])
def test_what_is_a_refusal_or_a_bug_stays_one(state: str) -> None:
    assert not db.is_unavailable(psycopg.errors.lookup(state)("as Postgres says"))


def _raise(error: Exception) -> None:
    with connection.wrap_database_errors:
        raise error


def test_lists_of_the_api_are_503_too(till: Shop, impatient: None) -> None:
    for table, path in (("journals", "/v1/journals"), ("exceptions", "/v1/exceptions"), ("api_keys", "/v1/devices")):
        assert till.get(path).status_code == 200
        with locked(table):
            answer = till.get(path)
        assert_problem(answer, 503, "UNAVAILABLE")
        assert answer.headers["Retry-After"] == "2"


def test_health_is_degraded_and_the_process_alive(till: Shop, impatient: None) -> None:
    with locked("api_keys"):
        answer = till.get("/v1/health")
        assert (answer.status_code, answer.json()) == (503, {"status": "degraded", "db": "down"})
        assert Client().get("/health").status_code == 200
        assert Client().get("/ready").status_code == 200


@pytest.mark.parametrize("table", ["exceptions", "django_session", "auth_user"])
def test_a_page_of_the_back_office_says_try_again(till: Shop, impatient: None, table: str) -> None:
    send_other_version(till)
    case = ExceptionCase.objects.get(tenant_id=till.tenant.id)
    client = signed_in(boss())
    client.raise_request_exception = False
    for path in ("/admin/", "/admin/exceptions/exceptioncase/", f"/admin/exceptions/exceptioncase/{case.pk}/review/"):
        assert client.get(path).status_code == 200
        with locked(table):
            answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert "Please try again" in answer.content.decode()
        assert "Traceback" not in answer.content.decode()


def test_only_the_web_server_is_in_a_hurry(books: None) -> None:
    """As `manage.py serve` loads it; jobs and commands load no wsgi."""
    ask = """
from django.db import connection
for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "role"):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        print(*cursor.fetchone())
print(connection.settings_dict["OPTIONS"].get("connect_timeout"))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEB_")}
    environment |= {
        "DATABASE_AS": "app",
        "DJANGO_SETTINGS_MODULE": "ledgersafe.settings",
        "WEB_LOCK_TIMEOUT_MS": "4000",
    }

    def shown(loads: str) -> list[str]:
        command = [sys.executable, "-c", f"{loads}\n{ask}"]
        done = subprocess.run(
            command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    role = settings.APPLICATION_ROLE
    assert shown("import ledgersafe.wsgi") == ["4s", "30s", "1min", role, "3"]
    assert shown("import ledgersafe.celery, django; django.setup()") == ["0", "0", "0", role, "None"]


def test_what_the_operator_says_in_the_url_stands() -> None:
    options: dict[str, Any] = {"options": "-c lock_timeout=1s", "connect_timeout": 9}
    patience.limit(options, {"lock_timeout": 5_000, "statement_timeout": 7}, {"connect_timeout": 3})
    assert options == {"options": "-c lock_timeout=1s -c statement_timeout=7", "connect_timeout": 9}
