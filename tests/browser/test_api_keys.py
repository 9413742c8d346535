"""A key for a till: created in the back office, shown once, used, and revoked."""

import json
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from ledgersafe import setup
from ledgersafe.tenants.models import ApiKey
from tests.browser import scenes
from tests.browser.screen import Screen
from tests.conftest import Shop


def send(base_url: str, key: str, event: dict[str, object]) -> int:
    """`POST /v1/events` as a till does. :returns: the status."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(f"{base_url}/v1/events", json.dumps(event).encode(), headers)  # noqa: S310  our own server
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code


def test_a_key_is_shown_once_works_and_when_revoked_works_no_more(
    screen_of: Callable[[str], Screen], shop: Shop
) -> None:
    screen = screen_of("tenant_administrator")
    screen.go("/admin/tenants/apikey/")
    screen.press("Create key")
    screen.page.get_by_label("Name").fill("till 7")
    screen.page.get_by_label("events:write").check()
    screen.press("Create key")
    screen.says("Copy the key now: it is shown only once.")
    key = screen.page.locator("#su-secret").inner_text().strip()
    assert send(screen.base_url, key, scenes.sale(shop, "evt-1")) == 201

    # Reloading the page that showed it issues no second one, and shows the first no more.
    screen.page.reload()
    screen.settle()
    screen.says("till 7", "active")
    assert key not in screen.page.content()
    assert ApiKey.objects.filter(tenant=shop.tenant, name="till 7").count() == 1
    screen.press("Revoke")
    screen.press("Revoke key")
    screen.says("revoked")
    expect(screen.page.get_by_role("link", name="Rotate")).to_have_count(0)
    assert send(screen.base_url, key, scenes.sale(shop, "evt-2")) == 401
    assert shop.number("journals") == 1


def test_what_a_key_of_one_store_cannot_hold_cannot_be_ticked(screen_of: Callable[[str], Screen], shop: Shop) -> None:
    setup.create_store(slug=shop.slug, code="north", actor="system:test")
    screen = screen_of("tenant_administrator")
    screen.go(f"/admin/tenants/tenant/{shop.tenant.pk}/add-key/")
    place, books = screen.page.get_by_label("Where it may be used"), screen.page.get_by_label("ledger:write")
    books.check()
    place.select_option(label="Store north")
    expect(books).to_be_disabled()
    expect(screen.page.get_by_label("events:write")).to_be_enabled()
    place.select_option(label="All stores")
    expect(books).to_be_enabled()
    expect(books).to_be_checked()  # what was ticked is not forgotten

    opened = screen.page.locator(".su-option", has=books)
    expect(opened.get_by_text("POST /v1/transfers/bulk")).to_be_hidden()
    opened.get_by_text("8 endpoints").click()
    expect(opened.get_by_text("POST /v1/transfers/bulk")).to_be_visible()
    expect(opened.get_by_text("drawer")).to_have_count(0)
