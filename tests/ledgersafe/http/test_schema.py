"""The OpenAPI schema: valid, complete, and the same refusals on every operation."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.conftest import Shop
from tests.fuzz.declared import PROBLEM, Operation, faults_of, operations, schema
from tests.fuzz.stock import stocked
from tests.scenes.till import assert_problem

OPERATIONS = operations()
EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def parts(value: Any) -> Any:
    """Every object in the schema."""
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(member)


def test_it_is_a_schema() -> None:
    validate_schema(schema())  # type: ignore[no-untyped-call]
    for part in schema()["components"]["schemas"].values():
        Draft202012Validator.check_schema(part)


def test_every_reference_leads_somewhere() -> None:
    names = {part["$ref"].removeprefix("#/components/schemas/") for part in parts(schema()) if "$ref" in part}
    assert names
    assert names <= schema()["components"]["schemas"].keys()


def test_operations_have_ids_of_their_own() -> None:
    assert len({operation.spec["operationId"] for operation in OPERATIONS}) == len(OPERATIONS) > 50


@EACH
def test_every_answer_is_described(operation: Operation) -> None:
    for status, response in operation.spec["responses"].items():
        assert response["description"], status
        if status >= "400" and (operation.path, status) != ("/v1/health", "503"):
            assert response["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


@EACH
def test_what_any_operation_may_refuse_is_declared(operation: Operation) -> None:
    statuses = operation.spec["responses"].keys()
    assert {"400", "401", "403", "406", "429", "500", "503"} <= statuses
    assert ("404" in statuses) or "{" not in operation.path
    has_body = "requestBody" in operation.spec
    assert statuses & {"413", "415", "422"} == ({"413", "415", "422"} if has_body else set())
    for status in ("429", "503"):
        assert "Retry-After" in operation.spec["responses"][status]["headers"]


@EACH
def test_whoever_asks_for_a_key_tells_of_replays(operation: Operation) -> None:
    takes_key = "X-Idempotency-Key" in operation.names("header")
    for status, response in operation.spec["responses"].items():
        # Its keys are in the body, one a transfer; 200 says that all of them were repeats.
        repeats_whole = (operation.path, status) == ("/v1/transfers/bulk", "200")
        told = "Idempotent-Replayed" in response.get("headers", {})
        assert told is ((takes_key and status < "300") or repeats_whole)


def test_the_event_of_a_batch_that_cannot_be_read_has_no_id(shop: Shop) -> None:
    answer = shop.post("/v1/events/batch", b'{"broken\n', content_type="application/x-ndjson")
    assert answer.json()["results"][0]["idempotency_key"] is None
    assert list(faults_of(answer)) == []


def test_health_without_a_database_is_no_problem_but_an_answer() -> None:
    (health,) = (operation for operation in OPERATIONS if operation.path == "/v1/health")
    assert list(health.spec["responses"]["503"]["content"]) == ["application/json"]


def test_a_refusal_of_each_status_is_as_declared(shop: Shop) -> None:
    values = stocked(shop)
    closed = f"/v1/pos/ledgers/{values['drawer_id']}/z-report"
    key = {"HTTP_X_IDEMPOTENCY_KEY": "once"}
    shop.post("/v1/pos/ledgers", {"store_id": "store-1", "register_id": "till-5", "starting_cash": 1}, **key)
    other = {"store_id": "store-1", "register_id": "till-6", "starting_cash": 1}
    provoked = [
        (400, shop.get("/v1/accounts", type="NONE")),
        (401, Client().get("/v1/accounts")),
        (403, shop.post("/v1/transfers", {"tenant_id": "another"})),
        (404, shop.get("/v1/journals/0")),
        (406, shop.client.get("/v1/accounts", HTTP_ACCEPT="image/png", **shop.auth)),  # type: ignore[arg-type]
        (409, shop.get(closed)),
        (413, shop.post("/v1/accounts", b" " * (1024 * 1024 + 1))),
        (415, shop.post("/v1/accounts", b"{}", content_type="text/plain")),
        (422, shop.post("/v1/pos/ledgers", other, **key)),
    ]
    for status, answer in provoked:
        assert_problem(answer, status)
        assert list(faults_of(answer)) == []
