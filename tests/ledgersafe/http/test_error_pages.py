"""What is answered where there is nothing: a problem to programs, a page to browsers, and never a redirect."""

from typing import Any

import pytest
from django.test import Client

from tests.conftest import Shop
from tests.scenes.staff import ACCEPT, boss, browser, hire, signed_in
from tests.scenes.till import assert_problem

METHODS = ("get", "post", "put", "patch", "delete")
NOWHERE = ["/V1/events", "/V1/", "/Api/events", "/API", "/healthz", "/nowhere/", "/v1events", "/static/nowhere.css"]


@pytest.mark.parametrize("path", [*NOWHERE, "/v1", "/api", "/v1/nowhere", "/admin/nowhere/", "/admin/r/1/5/"])
@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "application/problem+json", "nonsense", "image/png"]
)
def test_a_program_gets_a_problem_whatever_it_sends(books: None, path: str, accept: str | None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept": accept} if accept else None)
    for method in METHODS:
        answer = getattr(client, method)(path, content_type="application/json")
        body = assert_problem(answer, 404, "NOT_FOUND")
        assert "Location" not in answer.headers
        assert "nowhere" not in body["detail"] or path.startswith("/v1/")


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("accept", [ACCEPT, "text/html", "application/json;q=0.5, text/html"])
def test_a_browser_gets_a_page(books: None, path: str, accept: str) -> None:
    for client in (Client(headers={"Accept": accept}), signed_in(boss())):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "Page not found" in answer.content.decode()


def test_where_the_api_is_nobody_gets_a_page(books: None) -> None:
    for path in ("/v1/nowhere", "/api/nowhere/", "/v1/devices/%00/gaps"):
        assert_problem(browser().get(path), 404, "NOT_FOUND")


def test_an_unknown_page_of_the_back_office_asks_a_strangers_browser_to_sign_in_first(books: None) -> None:
    answer = browser().get("/admin/nowhere/?x=1")
    assert answer.headers["Location"] == "/admin/login/?next=/admin/nowhere/%3Fx%3D1"
    assert browser(enforce_csrf_checks=True).post("/admin/nowhere/").status_code == 404
    assert signed_in(boss()).get("/admin/nowhere/").status_code == 404


# ── Methods ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "path", ["/", "/health", "/health/", "/ready", "/metrics", "/v1/schema", "/v1/docs", "/api/docs/"]
)
def test_what_is_only_read_says_so(books: None, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(path)
        assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert {"GET", "HEAD"} <= {*answer.headers["Allow"].split(", "), "HEAD"}
        assert "POST" not in answer.headers["Allow"]


def test_a_known_path_names_its_methods(shop: Shop) -> None:
    answer = shop.client.delete("/v1/transfers", **shop.auth)  # type: ignore[arg-type]
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/accounts", {"GET", "POST"}), ("/health", {"GET", "HEAD"}), ("/v1/nowhere", None), ("/admin/nowhere", None)],
)
def test_a_method_nobody_knows_is_refused_with_those_there_are(
    books: None, path: str, allowed: set[str] | None
) -> None:
    answer = Client().generic("PROPFIND", path)
    if allowed is None:
        assert_problem(answer, 404, "NOT_FOUND")
    else:
        assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert allowed <= set(answer.headers["Allow"].split(", "))


# ── The schema and its page ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html", "image/png", "nonsense", ACCEPT])
def test_the_schema_and_its_page_answer_any_accept(books: None, accept: str) -> None:
    client = Client(headers={"Accept": accept})
    schema, docs = client.get("/v1/schema"), client.get("/v1/docs")
    assert (schema.status_code, docs.status_code) == (200, 200)
    assert b"/v1/events" in schema.content
    assert docs.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "query", ["version=%0d%0aX-Odd:1", "lang=../x", "lang=" + "x" * 500, "format=nonsense", "script=1"]
)
def test_parameters_of_the_schema_break_nothing(books: None, query: str) -> None:
    for path in ("/v1/schema", "/v1/docs"):
        assert Client().get(f"{path}?{query}").status_code == 200


# ── Rights, tokens, and what cannot be kept ─────────────────────────────────────────────────────
def test_what_a_page_refuses_a_program_is_a_problem_too(shop: Shop) -> None:
    person = signed_in(hire("operator", shop), enforce_csrf_checks=True)
    how: Any = {"headers": {"Accept": "*/*"}}
    assert_problem(person.get("/admin/auth/user/", **how), 403, "PERMISSION_DENIED")
    assert_problem(person.post("/admin/logout/", **how), 403, "FORM_TOO_OLD")
    foreign = "/admin/auth/user/?totpdevice__key=x"  # a filter that the list does not have
    assert_problem(signed_in(boss()).get(foreign, **how), 400, "INVALID_REQUEST")
    page = signed_in(boss()).get(foreign)
    assert (page.status_code, "Invalid request" in page.content.decode()) == (400, True)


@pytest.mark.parametrize("query", ["q=a%00b", "q=%%0000", "q=%00&q=%00%00"])
def test_a_page_opens_without_the_nul_of_a_link(books: None, query: str) -> None:
    assert signed_in(boss()).get(f"/admin/tenants/tenant/?{query}").status_code in {200, 302}


@pytest.mark.parametrize("path", ["/v1/events?x=%00", "/v1/schema?lang=%00", "/health?%00=1", "/metrics?x=a%00b"])
def test_nul_in_a_query_is_refused_wherever_it_is_sent(books: None, path: str) -> None:
    assert_problem(Client().get(path), 400, "INVALID_PARAMETER")
    assert Client().get(path.replace("%00", "%2500")).status_code in {200, 401}


@pytest.mark.parametrize("value", ['"aaaaaaaaaaaaaaaa\\000"', "a" * 5_000, "\u00e9" * 20, "'; --", "\\"])
def test_a_session_cookie_that_is_none_of_ours_is_none(books: None, value: str) -> None:
    answer = Client().get("/admin/", HTTP_COOKIE=f"sessionid={value}", HTTP_ACCEPT=ACCEPT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")
