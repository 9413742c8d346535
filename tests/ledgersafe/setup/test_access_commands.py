"""The commands that open and close doors: tenants and API keys."""

import io
import re
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import ApiKey, Tenant
from tests.conftest import Shop


def run(name: str, *args: str) -> str:
    """Run a command. :returns: what it prints."""
    out = io.StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue()


def slug() -> str:
    """A name nobody has."""
    return f"t-{uuid.uuid4().hex[:12]}"


def refused(name: str, *args: str) -> str:
    """Run a command that is refused. :returns: its one line."""
    with pytest.raises(CommandError) as caught:
        run(name, *args)
    message = str(caught.value)
    assert "\n" not in message.strip()
    assert caught.value.returncode == 2
    return message


def test_it_creates_a_tenant_with_what_it_was_told(books: None) -> None:
    name = slug()
    run(
        "create_tenant",
        name,
        "--name",
        "Ålesund & Co",
        "--currency",
        "NOK",
        "--timezone",
        "Europe/Oslo",
        "--strict-stores",
        "--books-start",
        "2026-01-01",
    )
    tenant = Tenant.objects.get(slug=name)
    assert (tenant.name, tenant.base_currency, tenant.time_zone) == ("Ålesund & Co", "NOK", "Europe/Oslo")
    assert tenant.strict_stores
    assert str(tenant.books_start) == "2026-01-01"
    assert (tenant.cut_off_hour, tenant.cut_off_minute, tenant.late_window_days) == (23, 59, 3)
    assert "SALE" in tenant.enabled_event_types


@pytest.mark.parametrize(
    "arguments",
    [
        ["UPPER"], [""], ["a b"], ["-x"], ["x" * 65], ["é"], ["a\n"], ["{slug}", "--currency", "XXX"],
        ["{slug}", "--currency", "usd"], ["{slug}", "--currency", ""], ["{slug}", "--timezone", "Mars/Base"],
        ["{slug}", "--timezone", "../../etc/passwd"], ["{slug}", "--timezone", ""], ["{slug}", "--timezone", "America"],
        ["{slug}", "--books-start", "1999-12-31"], ["{slug}", "--books-start", "2026-2-1"],
        ["{slug}", "--books-start", "2026-02-30"], ["{slug}", "--books-start", "9999-12-31"],
        ["{slug}", "--name", "x" * 201], ["{slug}", "--name", "a\x00b"],
    ],
)  # fmt: skip
def test_a_tenant_that_cannot_be_is_refused_in_one_line(books: None, arguments: list[str]) -> None:
    name = slug()
    refused(
        "create_tenant", *(["--"] if arguments == ["-x"] else []), *(text.replace("{slug}", name) for text in arguments)
    )
    assert not Tenant.objects.filter(slug=name).exists()


def test_a_slug_is_taken_once(shop: Shop) -> None:
    assert shop.slug in refused("create_tenant", shop.slug)


def test_a_new_key_stands_alone_on_the_last_line_and_works(shop: Shop) -> None:
    printed = run("create_api_key", shop.slug, "--scope", "events:write", "--scope", "events:read", "--name", "till 4")
    key = printed.splitlines()[-1]
    assert re.fullmatch(r"lsk_[0-9a-f]+_[\w-]+", key)
    assert printed.count(key) == 1
    principal = authentication.authenticate(key)
    assert principal is not None
    assert principal.scopes == {"events:write", "events:read"}
    assert principal.store_code is None
    assert shop.send(shop.sale(), HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 201


def test_only_a_hash_of_the_key_is_kept(shop: Shop) -> None:
    secret = shop.key.split("_", 2)[2]
    ((row,),) = shop.rows("SELECT to_jsonb(k)::text FROM api_keys k WHERE tenant_id = %s")
    assert secret not in row
    assert secret.encode().hex() not in row
    ((entries,),) = shop.rows("SELECT jsonb_agg(to_jsonb(a))::text FROM audit_log a WHERE tenant_id = %s")
    assert secret not in entries


def test_a_key_can_be_bound_to_a_store(shop: Shop) -> None:
    key = run("create_api_key", shop.slug, "--scope", "events:write", "--store", "store-9").splitlines()[-1]
    principal = authentication.authenticate(key)
    assert principal is not None
    assert principal.store_code == "store-9"


KEYS_THAT_CANNOT_BE: list[list[str]] = [
    ["--scope", "events:everything"], ["--scope", ""], ["--scope", "events:write", "--store", "x" * 65],
    ["--scope", "events:write", "--store", ""], ["--scope", "events:write", "--store", "a\x00"],
    ["--scope", "events:write", "--name", "x" * 201], ["--scope", "events:write", "--expires-in-days", "0"],
    ["--scope", "events:write", "--expires-in-days", "-1"], ["--scope", "events:write", "--expires-in-days",
    "99999999999"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", KEYS_THAT_CANNOT_BE)
def test_a_key_that_cannot_be_is_refused_in_one_line(shop: Shop, arguments: list[str]) -> None:
    refused("create_api_key", shop.slug, *arguments)
    assert shop.number("api_keys") == 1


def test_the_list_shows_prefixes_and_states_but_no_key(shop: Shop) -> None:
    run("create_api_key", shop.slug, "--scope", "events:write", "--name", "till [red]4[/red]")
    run("revoke_api_key", shop.slug, shop.principal.prefix)
    printed = run("list_api_keys", shop.slug)
    assert shop.principal.prefix in printed
    assert "revoked" in printed
    assert "live" in printed
    assert "[red]" in printed  # a name is text, not mark-up
    assert shop.key.split("_", 2)[2] not in printed


def test_a_revoked_key_is_worthless_and_revoking_twice_changes_nothing(shop: Shop) -> None:
    run("revoke_api_key", shop.slug, shop.principal.prefix)
    first = ApiKey.objects.get(tenant=shop.tenant).revoked_at
    run("revoke_api_key", shop.slug, shop.principal.prefix)
    assert ApiKey.objects.get(tenant=shop.tenant).revoked_at == first
    assert shop.send(shop.sale()).status_code == 401
    ((number,),) = shop.rows(
        "SELECT count(*) FROM audit_log WHERE tenant_id = %s AND action = 'tenants.api_key.revoked'"
    )
    assert number == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_api_key", ["no-such-tenant", "--scope", "events:write"]),
        ("list_api_keys", ["no-such-tenant"]),
        ("revoke_api_key", ["no-such-tenant", "0123456789"]),
    ],
)
def test_an_unknown_tenant_is_refused_in_one_line(books: None, name: str, arguments: list[str]) -> None:
    assert "no-such-tenant" in refused(name, *arguments)


@pytest.mark.parametrize("prefix", ["0000000000", "", "%", "x" * 100])
def test_an_unknown_key_is_refused_in_one_line(shop: Shop, prefix: str) -> None:
    refused("revoke_api_key", shop.slug, prefix)
    assert authentication.authenticate(shop.key) is not None


def test_a_key_of_another_tenant_cannot_be_revoked(shop: Shop, books: Any) -> None:
    other = slug()
    run("create_tenant", other)
    refused("revoke_api_key", other, shop.principal.prefix)
    assert authentication.authenticate(shop.key) is not None
