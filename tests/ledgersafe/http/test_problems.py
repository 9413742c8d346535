"""Every refusal of the API is an RFC 9457 problem: no HTML, no stack text, no database text."""

import logging
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError
from django.test import Client

from ledgersafe.http import problems
from ledgersafe.values import errors
from pos.arrivals import queries
from tests.conftest import Shop
from tests.scenes.till import assert_problem


@pytest.mark.parametrize(
    "path", ["/v1/nope", "/v1/nope/", "/api/nope", "/v1/", "/api/", "/v1/events/1/more", "/v1", "/api"]
)
@pytest.mark.parametrize("with_key", [True, False])
def test_an_unknown_path_is_a_404_problem(shop: Shop, path: str, with_key: bool) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("get", "post", "put", "patch", "delete"):
        answer = getattr(client, method)(path, **(shop.auth if with_key else {}))
        assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/v1/events", "/v1/exceptions", "/api/events/1"])
def test_without_a_key_it_is_a_401_that_names_the_scheme(books: None, path: str) -> None:
    answer = Client().get(path)
    assert_problem(answer, 401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ledger-safe"'


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/batch", "/v1/events/1"])
@pytest.mark.parametrize("method", ["options", "delete", "put"])
def test_no_method_answers_a_stranger(books: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert_problem(answer, 401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/xml;q=0.9"])
def test_what_cannot_be_accepted_is_a_406_problem(shop: Shop, accept: str) -> None:
    assert_problem(shop.client.get("/v1/events", HTTP_ACCEPT=accept, **shop.auth), 406, "NOT_ACCEPTABLE")  # type: ignore[arg-type]


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html", "application/*"])
def test_json_is_always_acceptable(shop: Shop, accept: str) -> None:
    assert shop.client.get("/v1/events", HTTP_ACCEPT=accept, **shop.auth).status_code == 200  # type: ignore[arg-type]


@pytest.mark.parametrize("accept", ["application/problem+json", "text/html", "nonsense", "*"])
def test_an_event_is_taken_in_whatever_answer_its_device_would_like(shop: Shop, accept: str) -> None:
    assert shop.send(shop.sale(), HTTP_ACCEPT=accept).status_code == 201
    assert shop.number("events_raw") == 1


def lost() -> OperationalError:
    """As Django tells that the server went away."""
    error = OperationalError("server closed the connection unexpectedly")
    error.__cause__ = psycopg.OperationalError("server closed the connection unexpectedly")
    return error


class Boom(Exception):
    """Something nobody thought of."""


def test_an_unexpected_failure_is_a_logged_500_with_a_trace_id_and_no_text(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise Boom("the secret is 42")

    monkeypatch.setattr(queries, "list_arrivals", fail)
    with caplog.at_level(logging.ERROR):
        answer = shop.client.get("/v1/events", **shop.auth)  # type: ignore[arg-type]
    body = assert_problem(answer, 500, "INTERNAL_ERROR")
    assert b"secret" not in answer.content
    assert b"Boom" not in answer.content
    assert body["trace_id"] in caplog.text
    assert "the secret is 42" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (lost(), 503, "UNAVAILABLE"),
        (DataError("invalid input syntax"), 500, "INTERNAL_ERROR"),
        (errors.NotFound("gone"), 404, "NOT_FOUND"),
        (errors.InvalidParameter(), 400, "INVALID_PARAMETER"),
        (errors.Unavailable(retry_after=2), 503, "UNAVAILABLE"),
        (KeyError("x"), 500, "INTERNAL_ERROR"),
    ],
)
def test_every_failure_is_a_problem(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(*args: Any) -> None:
        raise error

    monkeypatch.setattr(queries, "list_arrivals", fail)
    answer = shop.client.get("/v1/events", **shop.auth)  # type: ignore[arg-type]
    body = assert_problem(answer, status, code)
    assert body["type"].endswith(code.lower().replace("_", "-"))
    assert "input syntax" not in answer.content.decode()
    if status == 503:
        assert int(answer.headers["Retry-After"]) == body["retry_after"] > 0


def test_every_answer_carries_the_request_id(shop: Shop) -> None:
    good = shop.client.get("/v1/events", HTTP_X_REQUEST_ID="till-7.1", **shop.auth)  # type: ignore[arg-type]
    assert good.headers["X-Request-Id"] == "till-7.1"
    for hostile in ("a b", "x" * 65, "<script>", "a\r\nSet-Cookie: x=1", ""):
        answer = shop.client.get("/v1/events", HTTP_X_REQUEST_ID=hostile, **shop.auth)  # type: ignore[arg-type]
        assert answer.headers["X-Request-Id"].isalnum()


def test_a_problem_leaves_out_members_that_say_nothing() -> None:
    body = problems.problem(400, "INVALID_ACTION", "No.", raw_id=None, errors=[{"pointer": "/a", "message": "b"}])
    assert b"raw_id" not in body.content
    assert b'"errors":[{"pointer":"/a","message":"b"}]' in body.content
    assert b'"title":"Bad Request"' in body.content
