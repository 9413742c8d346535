"""What people are told of scopes and roles is what the views and the permissions say."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.http.routes import all_routes, routes_of
from ledgersafe.management.commands.scopes import catalogue
from ledgersafe.tenants import roles, scopes
from ledgersafe.tenants.authentication import authenticate
from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES
from tests.conftest import Shop
from tests.ledgersafe.setup.test_access_commands import refused, run
from tests.scenes.staff import boss, hire, signed_in

FORM = "admin:tenants_tenant_add_key"
OPTION = re.compile(
    r'<span class="su-choice-name">([a-z:]+)</span>(.*?)(?=<div class="su-option"|</fieldset>)', re.DOTALL
)


# ── Scopes ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_told_by_what_its_routes_begin_with(scope: str) -> None:
    """Every route is in the sentence once, and every part of the sentence is of a route."""
    prefixes = list(scopes.POWERS[scope])
    paths = [route.path.removeprefix("/v1/") for route in routes_of(scope)]
    told = [[prefix for prefix in prefixes if path == prefix or path.startswith(f"{prefix}/")] for path in paths]
    assert all(len(found) == 1 for found in told), dict(zip(paths, told, strict=True))
    assert {prefix for (prefix,) in told} == set(prefixes)
    assert all(power.lower() in scopes.meaning_of(scope).lower() for power in scopes.POWERS[scope].values())


def test_no_scope_is_missing_or_invented() -> None:
    assert tuple(scopes.POWERS) == SCOPES
    assert {route.scope for route in all_routes()} <= {"", *SCOPES}
    assert set(scopes.OFFERED) == {route.scope for route in all_routes() if route.scope}


@pytest.mark.parametrize(
    ("scope", "says", "never"),
    [
        ("ledger:write", ["transfers", "accounts", "journals", "FX rates", "close business days"], ["drawer", "cash"]),
        ("pos:write", ["count and close cash drawers", "refunds"], ["transfer", "accounts", "till's side"]),
        ("admin", ["reopen business days", "gaps of devices", "above a limit", "other scopes"], []),
        ("recon:write", ["No endpoints yet."], ["match"]),
    ],
)
def test_what_was_told_wrongly_is_told_rightly(scope: str, says: list[str], never: list[str]) -> None:
    meaning = scopes.meaning_of(scope)
    assert [text for text in says if text not in meaning] == []
    assert [text for text in never if text in meaning] == []


def test_the_document_is_what_the_views_say() -> None:
    assert (Path(settings.BASE_DIR) / "docs/scopes.md").read_text().strip() == catalogue().strip()


# ── The page and the command ────────────────────────────────────────────────────────────────────
def test_the_page_lists_every_endpoint_under_its_scope_and_offers_no_empty_one(shop: Shop) -> None:
    client = signed_in(hire("tenant_administrator", shop))
    page = unescape(client.get(reverse(FORM, args=[shop.tenant.pk])).content.decode())
    parts = dict(OPTION.findall(page))
    assert tuple(parts) == scopes.OFFERED
    for scope, part in parts.items():
        assert scopes.meaning_of(scope) in part
        assert re.findall(r"<code>(.*?)</code>", part) == [f"{r.method} {r.path}" for r in routes_of(scope)]
        assert ("whole tenant" in part) is (scope in TENANT_SCOPES)


def test_a_scope_that_opens_nothing_is_accepted_all_the_same(shop: Shop) -> None:
    row, _ = setup.create_api_key(slug=shop.slug, scopes=["recon:read"], actor="system:test", now=timezone.now())
    page = signed_in(boss()).get(reverse("admin:tenants_apikey_change", args=[row.pk])).content.decode()
    assert "No endpoints yet." in page


def test_one_key_with_everything_for_first_steps(shop: Shop) -> None:
    principal = authenticate(run("create_api_key", shop.slug, "--all-scopes").splitlines()[-1])
    assert principal is not None
    assert (principal.scopes, principal.is_bound) == (frozenset(SCOPES), False)


def test_everything_is_not_for_a_store_and_not_beside_a_scope(shop: Shop) -> None:
    told = refused("create_api_key", shop.slug, "--all-scopes", "--store", "store-9")
    assert told.startswith("A key bound to store store-9 cannot hold ledger:read, ledger:write,")
    for wrong in ([], ["--all-scopes", "--scope", "events:read"]):
        with pytest.raises(CommandError, match=r"required|not allowed"):
            run("create_api_key", shop.slug, *wrong)
    assert (shop.number("api_keys"), shop.number("stores")) == (1, 0)


def test_the_schema_declares_what_a_refusal_says(books: None) -> None:
    schema = Client().get("/v1/schema", headers={"Accept": "application/json"}).json()
    members = schema["components"]["schemas"]["Problem"]["properties"]
    assert members["required_scope"]["type"] == "string"
    assert members["granted"] == members["granted"] | {"type": "array", "items": {"type": "string"}}


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────
def test_every_permission_of_ours_has_words(books: None) -> None:
    ours = Permission.objects.filter(content_type__app_label__in=("pos", "ledger", "exceptions", "recon", "tenants"))
    custom = ours.exclude(codename__regex="^(add|change|delete|view)_")
    assert {f"{row.content_type.app_label}.{row.codename}" for row in custom} == {name for name, _ in roles.DOES}


@pytest.mark.parametrize("key", roles.ROLES)
def test_a_role_is_told_by_its_permissions(shop: Shop, key: str) -> None:
    role, person = roles.ROLES[key], hire(key, shop)
    for permission, words in (*roles.SEES, *roles.DOES):
        assert person.has_perm(permission) is (words in role.purpose), permission
    assert ("changes nothing" in role.purpose) is not any(person.has_perm(name) for name, _ in roles.DOES)
