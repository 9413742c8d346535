"""The page's security headers, and that the pages keep to them."""

import importlib
import os
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import Shop
from tests.scenes.staff import boss, hire, signed_in

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_INLINE = re.compile(
    rb"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\son(click|load|error|submit)=", re.I
)


def policy_of(answer: Any) -> dict[str, str]:
    """The directives of an answer."""
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/admin/ledger/journal/", "/v1/docs", "/admin/nowhere/"])
def test_every_page_states_the_policy(shop: Shop, url: str) -> None:
    assert policy_of(signed_in(hire("auditor", shop)).get(url)) == POLICY


@pytest.mark.parametrize(
    "url", ["/admin/", "/admin/auth/user/", "/admin/auth/user/new/", "/admin/two-step/", "/v1/docs"]
)
def test_no_script_stands_in_a_page(shop: Shop, url: str) -> None:
    shop.send(shop.sale())
    page = signed_in(boss()).get(url)
    assert page.status_code == 200
    assert _INLINE.findall(page.content) == []


def test_the_docs_take_their_script_from_an_address_of_ours(books: None) -> None:
    client = Client()
    scripts = re.findall(r'<script src="([^"]+)"', client.get("/v1/docs").content.decode())
    assert all(source.startswith("/") for source in scripts)
    own = client.get(next(source for source in scripts if "script" in source and source.startswith("/v1/")))
    assert own.headers["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUI" in own.content


def test_pages_cannot_be_framed_sniffed_or_told_of_elsewhere(books: None) -> None:
    headers = Client().get("/admin/login/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_what_a_till_gets_is_not_decorated(shop: Shop) -> None:
    answer = shop.get("/v1/events")
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_in_production_cookies_are_secure_and_https_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    from ledgersafe import settings as module

    for name, value in {"ENVIRONMENT": "production", "SECRET_KEY": "k" * 50, "TLS_PROXY": "true"}.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("production_settings", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    fresh: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    assert fresh.SESSION_COOKIE_SECURE is fresh.CSRF_COOKIE_SECURE is True
    assert fresh.SECURE_HSTS_SECONDS == 365 * 86_400
    assert fresh.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")
    assert (settings.SECURE_HSTS_SECONDS, os.environ["ENVIRONMENT"]) == (0, "production")
