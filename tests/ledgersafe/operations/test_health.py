"""Health: what machines probe and what people count."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.test import Client

from tests.conftest import Shop
from tests.scenes.till import assert_problem


@pytest.fixture
def no_database(books: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every statement fails as it does when the server is gone."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection to server at 10.0.0.7, port 5432 failed: secret detail")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        yield
    connection.close()


@pytest.mark.parametrize(
    "path", ["/v1/health", "/v1/health/", "/api/health", "/health", "/health/", "/ready", "/ready/"]
)
def test_without_a_key_it_says_ok_and_nothing_else(books: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_an_empty_tenant_has_zero_of_everything(shop: Shop) -> None:
    body = shop.get("/v1/health").json()
    assert body.keys() == {"status", "db", "db_time", "counts"}
    assert (body["status"], body["db"]) == ("ok", "ok")
    assert body["db_time"].endswith("Z")
    assert body["counts"] == {
        "events_raw": 0,
        "exceptions_open": 0,
        "idempotency": {"processed": 0, "quarantined": 0, "ignored": 0},
    }


def test_the_four_demo_posts_are_counted_as_the_contract_says(shop: Shop) -> None:
    posts = [shop.sale("a"), shop.sale("a"), shop.sale("a", total_amount=43), shop.sale("b", event_type="LOYALTY")]
    assert [shop.send(event).status_code for event in posts] == [201, 200, 202, 202]
    assert shop.get("/v1/health").json()["counts"] == {
        "events_raw": 4,
        "exceptions_open": 2,
        "idempotency": {"processed": 1, "quarantined": 1, "ignored": 0},
    }


@pytest.mark.parametrize("key", ["nonsense", "lsk_a_b", ""])
def test_a_key_that_is_not_valid_is_401(shop: Shop, key: str) -> None:
    answer = shop.client.get("/v1/health", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert_problem(answer, 401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_is_401(shop: Shop) -> None:
    assert shop.get("/v1/health").status_code == 200
    shop.rows("UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s RETURNING id")
    assert_problem(shop.get("/v1/health"), 401, "NOT_AUTHENTICATED")


def test_a_superusers_session_sees_all_tenants(shop: Shop) -> None:
    shop.send(shop.sale())
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(shop.slug))
    counts = client.get("/v1/health").json()["counts"]
    assert counts["events_raw"] >= 1
    ((everything,),) = shop.rows("SELECT count(*) FROM events_raw WHERE %s > 0")
    assert counts["events_raw"] == everything


def test_a_user_who_is_no_staff_sees_no_counts(shop: Shop) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_user(shop.slug))
    assert client.get("/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/v1/health", "/api/health/", "/ready"])
@pytest.mark.parametrize("with_key", [True, False])
def test_without_a_database_it_is_503_and_tells_no_secret(
    shop: Shop, no_database: None, path: str, with_key: bool
) -> None:
    answer = Client().get(path, **(shop.auth if with_key else {}))  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert not any(word in answer.content for word in (b"secret", b"10.0.0.7", b"Error", b"Traceback"))


def test_the_process_is_alive_without_a_database(no_database: None) -> None:
    assert Client().get("/health").json() == {"status": "ok"}
