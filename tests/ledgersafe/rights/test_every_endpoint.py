"""Every endpoint × every kind of caller: what is not in the table fails, whoever adds it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from rest_framework.views import APIView

from ledgersafe.http.permissions import Reach, needs_of
from ledgersafe.http.routes import all_routes
from ledgersafe.http.schema_views import DocsView, SchemaView
from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import SCOPES
from ledgersafe.tenants.roles import ROLES
from tests.ledgersafe.rights.endpoints import (
    ABSENT,
    ENDPOINTS,
    OPEN,
    OWNED,
    REGISTER,
    ROLE_SCOPES,
    STORE,
    TENANT,
    Endpoint,
)
from tests.ledgersafe.rights.world import PLACE_SCOPES, Ids, World, call
from tests.scenes.staff import hire, signed_in

OWN = ("s1", "r1")
GUARDED = [endpoint for endpoint in ENDPOINTS if endpoint.reach != OPEN]
METHODS = ("get", "post", "put", "patch", "delete")
each = pytest.mark.parametrize("endpoint", GUARDED, ids=str)


# ── The table is whole ──────────────────────────────────────────────────────────────────────────
def views(patterns: list[URLPattern | URLResolver]) -> Iterator[type[APIView]]:
    """Every view class below these patterns."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif hasattr(pattern.callback, "cls"):
            yield pattern.callback.cls


def test_every_method_of_every_view_is_in_the_table() -> None:
    api: Any = next(pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "^v1/")
    about_itself = {SchemaView, DocsView}
    there = {
        (view, method.upper())
        for view in views(api.url_patterns)
        for method in METHODS
        if hasattr(view, method) and view not in about_itself
    }
    anything = {"day": "2026-02-25", "name": "x", "device_id": "x", **ABSENT}
    table: Any = {(resolve(f"/v1/{e.path.format(**anything)}").func.cls, e.method) for e in ENDPOINTS}  # type: ignore[attr-defined]
    assert there == table


def test_the_views_declare_what_the_table_says() -> None:
    declared = {(route.method, route.path, route.scope, route.reach or OPEN) for route in all_routes()}
    assert declared == {(e.method, f"/v1/{e.path}", e.scope, e.reach) for e in ENDPOINTS}


def test_what_declares_nothing_is_for_admin_keys_of_the_whole_tenant() -> None:
    class Undeclared(APIView):
        scope = {"GET": "pos:read"}

        def get(self) -> None: ...
        def post(self) -> None: ...

    for method, scope in (("GET", "pos:read"), ("HEAD", "pos:read"), ("POST", "admin")):
        needs = needs_of(Undeclared, method)
        assert (needs.scope, needs.reach, needs.permission) == (scope, Reach.TENANT, None)


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────
def is_let_in(answer: Any) -> bool:
    """Whatever came of it, the rights were there."""
    return answer.status_code not in {401, 403, 500}


def refusal(answer: Any, endpoint: Endpoint) -> str:
    """Of a 403 for want of rights: the sentence."""
    assert answer.status_code == 403, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["required_scope"]) == ("PERMISSION_DENIED", endpoint.scope)
    assert isinstance(body["granted"], list)
    return str(body["detail"])


@each
def test_without_a_key_it_is_401(world: World, endpoint: Endpoint) -> None:
    for key in ("", "lsk_0123456789_nonsense"):
        assert call(Client(), endpoint, world.at[OWN], key).status_code == 401


@each
def test_the_scope_opens_it_admin_opens_it_and_all_others_together_do_not(world: World, endpoint: Endpoint) -> None:
    ids, client = world.at[OWN], world.client
    assert is_let_in(call(client, endpoint, ids, world.key(endpoint.scope)))
    assert is_let_in(call(client, endpoint, ids, world.key("admin")))
    others = tuple(scope for scope in SCOPES if scope not in {endpoint.scope, "admin"})
    answer = call(client, endpoint, ids, world.key(*others))
    assert f"needs the scope {endpoint.scope}; the key has {', '.join(sorted(others))}." in refusal(answer, endpoint)
    assert answer.json()["granted"] == sorted(others)


@each
def test_a_head_asks_for_what_its_get_asks(world: World, endpoint: Endpoint) -> None:
    if endpoint.method == "GET":
        head, others = replace(endpoint, method="HEAD"), [s for s in SCOPES if s not in {endpoint.scope, "admin"}]
        assert call(world.client, head, world.at[OWN], world.key(*others)).status_code == 403


@each
@pytest.mark.parametrize("register", [None, "r1"])
def test_a_bound_key_reaches_no_more_than_its_place(world: World, endpoint: Endpoint, register: str | None) -> None:
    key = world.key(*PLACE_SCOPES, store="s1", register=register)
    answer = call(world.client, endpoint, world.at[OWN], key)
    if endpoint.reach == REGISTER or (endpoint.reach == STORE and register is None):
        assert is_let_in(answer), answer.content
    else:
        place = "register r1 of store s1" if register else "store s1"
        detail = refusal(answer, endpoint)
        assert f"is the whole {'tenant' if endpoint.reach == TENANT else 'store'}'s" in detail
        assert f"the key is bound to {place} and reaches nothing beyond it." in detail


@each
@pytest.mark.parametrize("register", [None, "r1"])
def test_a_bound_key_with_every_scope_would_reach_no_more(
    world: World, endpoint: Endpoint, register: str | None
) -> None:
    """No such key can be made. If there were one, the views would refuse it all the same."""
    principal = authentication.authenticate(world.key(*PLACE_SCOPES, store="s1", register=register))
    assert principal is not None
    forged = replace(principal, scopes=frozenset(SCOPES))
    assert not forged.may_approve
    with patch.object(authentication, "authenticate", return_value=forged):
        answer = call(world.client, endpoint, world.at[OWN], "forged")
    may = endpoint.reach == REGISTER or (endpoint.reach == STORE and register is None)
    assert is_let_in(answer) if may else refusal(answer, endpoint)


@each
def test_what_is_another_tenants_answers_as_what_is_absent(world: World, stranger: World, endpoint: Endpoint) -> None:
    if any(f"{{{name}}}" in endpoint.path for name in OWNED):
        assert_absent(world, endpoint, world.key(*SCOPES), stranger.at[OWN], world.at[OWN] | ABSENT)


@each
@pytest.mark.parametrize(("place", "register"), [(("s2", "r1"), None), (("s1", "r2"), "r1"), (("s2", "r1"), "r1")])
def test_what_is_another_places_answers_as_what_is_absent(
    world: World, endpoint: Endpoint, place: tuple[str, str], register: str | None
) -> None:
    may = endpoint.reach == REGISTER or (endpoint.reach == STORE and register is None)
    if may and any(f"{{{name}}}" in endpoint.path for name in OWNED):
        key = world.key(*PLACE_SCOPES, store="s1", register=register)
        assert_absent(world, endpoint, key, world.at[place], world.at[OWN] | ABSENT)


def assert_absent(world: World, endpoint: Endpoint, key: str, foreign: Ids, absent: Ids) -> None:
    """Both are answered 404, in the same words."""
    answers = [call(world.client, endpoint, ids, key, endpoint.body) for ids in (foreign, absent)]
    assert [answer.status_code for answer in answers] == [404, 404], answers[0].content
    assert answers[0].json() == answers[1].json()


# ── People ──────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def people(world: World) -> dict[str, Client]:
    """Somebody of each role, signed in."""
    return {role: signed_in(hire(role, world.shop)) for role in ROLES}


@each
def test_people_act_within_their_roles(world: World, people: dict[str, Client], endpoint: Endpoint) -> None:
    for role, client in people.items():
        answer = call(client, endpoint, world.at[OWN])
        may = endpoint.scope in ROLE_SCOPES[role] if endpoint.roles is None else role in endpoint.roles
        if may:
            assert is_let_in(answer), (role, answer.content)
        elif endpoint.scope == "events:write":
            assert answer.status_code == 401  # events are sent by keys alone
        else:
            detail = refusal(answer, endpoint)
            assert answer.json()["granted"] == sorted(ROLE_SCOPES[role])
            assert f"your role is {ROLES[role].name}" in detail
            named = [ROLES[one].name for one in endpoint.roles] if endpoint.roles else [endpoint.scope]
            assert named[0] in detail
