"""Who may send and read events: keys, scopes, stores; revoked and expired keys count at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from ledgersafe.tenants import authentication, keys
from ledgersafe.tenants.models import SCOPES, Register, Store
from tests.conftest import Shop
from tests.scenes.till import assert_answer, assert_kept, assert_problem, raw, remember


def key_of(shop: Shop, scopes: list[str], *, store: str | None = None, register: str | None = None) -> Shop:
    """The same shop with another key."""
    with transaction.atomic(durable=True):
        place = Store.objects.get_or_create(tenant=shop.tenant, code=store)[0] if store else None
        till = (
            Register.objects.get_or_create(tenant=shop.tenant, store=place, code=register)[0]
            if place and register
            else None
        )
        _, key = keys.issue(shop.tenant, scopes=scopes, store=place, register=till)
    principal = authentication.authenticate(key)
    assert principal is not None
    return Shop(shop.tenant, key, principal)


AUTHORIZATIONS = [
    None, "", "Bearer", "Bearer ", "Bearer x", "Basic dTpw", "Token {key}", "{key}", "Bearer {key}x",
    "Bearer {key[:-1]}",
    "Bearer lsk_", "Bearer lsk__", "Bearer lsk_a_b", "Bearer lsk_\x00_x", "Bearer ü", "Bearer " + "x" * 10_000,
    "Bearer {prefix}",
]  # fmt: skip


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/batch"])
def test_without_a_valid_key_it_is_401_and_nothing_is_kept(shop: Shop, path: str, authorization: str | None) -> None:
    remember(shop)
    extra: dict[str, Any] = {}
    if authorization is not None:
        shown = authorization.replace("{key[:-1]}", shop.key[:-1]).replace("{prefix}", shop.principal.prefix)
        extra = {"HTTP_AUTHORIZATION": shown.replace("{key}", shop.key)}
    answer = shop.client.post(path, data=raw(shop.sale()), content_type="application/json", **extra)
    assert_problem(answer, 401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert shop.number("events_raw") == 0


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_written_in_any_case(shop: Shop, scheme: str) -> None:
    assert shop.send(shop.sale(), HTTP_AUTHORIZATION=f"{scheme} {shop.key}").status_code == 201


@pytest.mark.parametrize("was_remembered", [True, False])
@pytest.mark.parametrize("change", ["revoked_at = now()", "created_at = '2000-01-01', expires_at = '2000-01-02'"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/v1/events"), ("post", "/v1/events/batch"), ("get", "/v1/events"), ("get", "/v1/exceptions")],
)
def test_a_revoked_or_expired_key_is_worthless_at_once(
    shop: Shop, method: str, path: str, change: str, was_remembered: bool
) -> None:
    assert shop.send(shop.sale("before")).status_code == 201
    if not was_remembered:
        authentication.forget()
    shop.rows(f"UPDATE api_keys SET {change} WHERE tenant_id = %s RETURNING id")
    body = {"events": [shop.sale("after")]} if path.endswith("batch") else shop.sale("after")
    answer = shop.post(path, body) if method == "post" else shop.get(path)
    assert_problem(answer, 401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert shop.number("events_raw") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"x" * (1024 * 1024 + 1)])
def test_a_revoked_key_that_is_remembered_keeps_nothing_unreadable_either(shop: Shop, body: bytes) -> None:
    remember(shop)
    shop.rows("UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s RETURNING id")
    answer = shop.send(body, CONTENT_TYPE="application/json")
    assert answer.status_code in {401, 413}
    assert shop.number("events_raw") == 0


def test_a_key_that_expires_works_until_it_does(shop: Shop) -> None:
    with transaction.atomic(durable=True):
        in_an_hour = timezone.now() + timedelta(hours=1)
        _, key = keys.issue(shop.tenant, scopes=["events:write"], expires_at=in_an_hour)
    assert shop.send(shop.sale(), HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 201


ALLOWED = [
    ("post", "/v1/events", "events:write"),
    ("post", "/v1/events/batch", "events:write"),
    ("get", "/v1/events", "events:read"),
    ("get", "/v1/events/1", "events:read"),
    ("get", "/v1/exceptions", "exceptions:read"),
    ("get", "/v1/exceptions/00000000-0000-0000-0000-000000000000", "exceptions:read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ALLOWED)
def test_only_the_scope_of_an_endpoint_opens_it(shop: Shop, method: str, path: str, scope: str) -> None:
    others = [name for name in SCOPES if name not in {scope, "admin"}]
    for scopes, allowed in ((others, False), ([scope], True), (["admin"], True)):
        caller = key_of(shop, scopes)
        answer = caller.post(path, {"events": []}) if method == "post" else caller.get(path)
        if allowed:
            assert answer.status_code not in {401, 403}
        else:
            assert_problem(answer, 403, "PERMISSION_DENIED")
    if path == "/v1/events" and method == "post":
        assert shop.number("events_raw") == 2  # a key without the scope keeps nothing


def test_a_key_of_one_store_sends_and_sees_that_store_only(shop: Shop) -> None:
    bound = key_of(shop, ["events:write", "events:read", "exceptions:read"], store="store-1")
    elsewhere = shop.send(shop.sale("x", store_id="store-2", event_type="LOYALTY")).json()
    assert_answer(bound.send(bound.sale("a")), 201, "processed")
    sent = raw(bound.sale("b", store_id="store-2"))
    answer = bound.send(sent)
    assert_problem(answer, 403, "STORE_MISMATCH")
    assert_kept(shop, answer, sent)
    assert [row["event_id"] for row in bound.get("/v1/events").json()["items"]] == ["a"]
    assert bound.get("/v1/events", store_id="store-2").json()["items"] == []
    assert_problem(bound.get(f"/v1/events/{elsewhere['raw_id']}"), 404)
    assert bound.get("/v1/exceptions").json()["items"] == []
    assert_problem(bound.get(f"/v1/exceptions/{elsewhere['exception_id']}"), 404)


def test_a_key_of_one_register_sends_as_that_register_only(shop: Shop) -> None:
    bound = key_of(shop, ["events:write"], store="store-1", register="till-1")
    assert_answer(bound.send(bound.sale("a")), 201, "processed")
    assert_problem(bound.send(bound.sale("b", register_id="till-2")), 403, "REGISTER_MISMATCH")
    assert shop.number("journals") == 1


@pytest.mark.parametrize("tenant_id", ["somebody-else", " ", "", "T", 7, 1.5, None, [], {}, True])
def test_no_body_speaks_for_another_tenant(shop: Shop, tenant_id: Any) -> None:
    sent = raw(shop.sale() | {"tenant_id": tenant_id})
    answer = shop.send(sent)
    assert (answer.status_code, answer.json().get("reason_code") or answer.json().get("code")) in {
        (403, "TENANT_MISMATCH"),
        (202, "SCHEMA_VALIDATION_FAILED"),
    }
    # What is no text is of the wrong shape, whatever kind of number it is.
    assert (answer.status_code == 403) == isinstance(tenant_id, str)
    assert_kept(shop, answer, sent)
    assert shop.number("journals") == 0
