"""The commands that set a tenant up: what they print, and exit code 2 with one line when they refuse."""

import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError

from ledgersafe import setup
from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from tests.conftest import Shop
from tests.ledgersafe.setup.test_access_commands import refused, run


def fresh(shop: Shop) -> Tenant:
    return Tenant.objects.get(pk=shop.tenant.pk)


def test_change_tenant_changes_what_is_named_and_tells_all(shop: Shop) -> None:
    printed = run(
        "change_tenant", shop.slug, "--name", "Nova", "--disable-event-type", "VOID", "--disable-event-type", "CANCEL",
        "--late-window-days", "5", "--strict-stores", "--four-eyes-limit", "500.00",
    )  # fmt: skip
    tenant = fresh(shop)
    assert (tenant.name, tenant.late_window_days, tenant.strict_stores) == ("Nova", 5, True)
    assert tenant.four_eyes_limit_minor == 50_000
    assert {"VOID", "CANCEL"}.isdisjoint(tenant.enabled_event_types)
    for words in ("Nova", "5 days", "500.00 USD", "23:59 UTC"):
        assert words in printed


def test_change_tenant_takes_back_what_it_gave(shop: Shop) -> None:
    run("change_tenant", shop.slug, "--strict-stores", "--four-eyes-limit", "1", "--disable-event-type", "SALE")
    run("change_tenant", shop.slug, "--no-strict-stores", "--four-eyes-limit", "none", "--enable-event-type", "SALE")
    tenant = fresh(shop)
    assert (tenant.strict_stores, tenant.four_eyes_limit_minor) == (False, None)
    assert "SALE" in tenant.enabled_event_types


def test_change_tenant_with_nothing_named_only_tells(shop: Shop) -> None:
    version = fresh(shop).version
    assert "late window" in run("change_tenant", shop.slug)
    assert fresh(shop).version == version


@pytest.mark.parametrize(
    "arguments",
    [
        ["--enable-event-type", "MAGIC"], ["--disable-event-type", "sale"], ["--late-window-days", "-1"],
        ["--late-window-days", "99999999999"], ["--four-eyes-limit", "1.234"], ["--four-eyes-limit", "a lot"],
        ["--books-start", "soon"], ["--books-start", "1999-12-31"],
        ["--name", ""], ["--currency", "XXX"], ["--timezone", "Mars"], ["--cut-off", "25:00"],
    ],
)  # fmt: skip
def test_change_tenant_refuses_in_one_line(shop: Shop, arguments: list[str]) -> None:
    refused("change_tenant", shop.slug, *arguments)


def test_change_tenant_tells_what_is_fixed(shop: Shop) -> None:
    shop.send(shop.sale())
    assert "business days" in refused("change_tenant", shop.slug, "--cut-off", "02:00")


def test_change_tenant_moves_the_books_start(shop: Shop) -> None:
    shop.send(shop.sale())
    assert "books start      2026-02-25" in run("change_tenant", shop.slug, "--books-start", "2026-02-25")
    assert "earlier business days" in refused("change_tenant", shop.slug, "--books-start", "2026-02-26")


def test_rotate_api_key_prints_the_new_key_alone_on_the_last_line(shop: Shop) -> None:
    printed = run("rotate_api_key", shop.slug, shop.principal.prefix)
    key = printed.splitlines()[-1]
    assert re.fullmatch(r"lsk_[0-9a-f]+_[\w-]+", key)
    assert authentication.authenticate(key) is not None
    assert authentication.authenticate(shop.key) is not None
    assert "24" in printed


def test_rotate_api_key_may_end_the_old_one_at_once(shop: Shop) -> None:
    run("rotate_api_key", shop.slug, shop.principal.prefix, "--grace-hours", "0")
    assert authentication.authenticate(shop.key) is None
    assert "successor" in refused("rotate_api_key", shop.slug, shop.principal.prefix)


@pytest.mark.parametrize("hours", ["-1", "721", "99999999999999"])
def test_rotate_api_key_refuses_a_grace_that_cannot_be(shop: Shop, hours: str) -> None:
    refused("rotate_api_key", shop.slug, shop.principal.prefix, "--grace-hours", hours)
    assert ApiKey.objects.filter(tenant=shop.tenant).count() == 1


def test_create_store_and_register(shop: Shop) -> None:
    run("create_store", shop.slug, "north", "--name", "North Street")
    run("create_register", shop.slug, "north", "till-1", "--name", "Express")
    assert Store.objects.get(tenant=shop.tenant, code="north").name == "North Street"
    assert Register.objects.get(tenant=shop.tenant, store__code="north").name == "Express"
    refused("create_store", shop.slug, "north")
    refused("create_register", shop.slug, "north", "till-1")
    refused("create_register", shop.slug, "nowhere", "till-1")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("change_tenant", []), ("rotate_api_key", ["0123456789"]), ("create_store", ["north"]),
        ("create_register", ["north", "till-1"]),
    ],
)  # fmt: skip
def test_an_unknown_tenant_is_refused_in_one_line(books: None, name: str, arguments: list[str]) -> None:
    assert "no-such-tenant" in refused(name, "no-such-tenant", *arguments)


def test_a_database_without_tables_is_told_in_one_line(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_nothing(slug: str) -> Tenant:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM a_table_of_the_next_release")
        raise AssertionError

    monkeypatch.setattr(setup, "get_tenant", read_nothing)
    assert refused("list_api_keys", "acme") == "The database is not migrated: run `manage.py migrate` first."


def test_a_database_that_is_away_is_told_in_one_line(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nobody(slug: str) -> Tenant:
        raise OperationalError("connection refused\nIs the server running?\n")

    monkeypatch.setattr(setup, "get_tenant", find_nobody)
    assert refused("list_api_keys", "acme") == "The database cannot be reached: connection refused. Check DATABASE_URL."


def test_a_command_that_serves_nothing_starts_without_pages_and_views() -> None:
    script = (
        "import sys, manage\n"
        "sys.argv = ['manage.py', 'create_tenant', '--help']\n"
        "try: manage.main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.rpartition("LOADED")[2].split())
    assert "ledgersafe.tenants.models" in loaded
    assert loaded.isdisjoint(
        {
            "ledgersafe.urls",
            "rest_framework.views",
            "drf_spectacular.openapi",
            "pos.backoffice.arrivals",
            "exceptions.desk.admin",
        }
    )
