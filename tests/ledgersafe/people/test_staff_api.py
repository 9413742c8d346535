"""People on the API: within their role, on their tenants, with the token that browsers send."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from ledgersafe.http.authentication import StaffSessionAuthentication
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import SCOPES
from ledgersafe.tenants.roles import ROLES
from tests.conftest import Shop, open_shop
from tests.scenes.staff import boss, hire, signed_in

READS = ["/v1/events", "/v1/exceptions"]


@pytest.fixture
def busy(shop: Shop) -> Shop:
    shop.send(shop.sale())
    shop.send(shop.sale(total_amount=43))
    return shop


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("url", READS)
def test_every_role_reads_its_own_tenant(busy: Shop, role: str, url: str) -> None:
    stranger = open_shop()
    stranger.send(stranger.sale("foreign"))
    answer = signed_in(hire(role, busy)).get(url)
    assert answer.status_code == 200
    assert answer.json()["items"]
    assert {item["tenant_id"] for item in answer.json()["items"]} == {busy.slug}


def test_one_arrival_and_one_exception_can_be_opened_and_foreign_ones_are_absent(busy: Shop) -> None:
    client, stranger = signed_in(hire("operator", busy)), open_shop()
    stranger.send(stranger.sale("evt-9", event_type="MAGIC"))
    for shop, status in ((busy, 200), (stranger, 404)):
        raw_id = shop.get("/v1/events").json()["items"][0]["raw_id"]
        case_id = shop.get("/v1/exceptions").json()["items"][0]["exception_id"]
        assert client.get(f"/v1/events/{raw_id}").status_code == status
        assert client.get(f"/v1/exceptions/{case_id}").status_code == status


def test_whoever_works_for_several_names_one(busy: Shop) -> None:
    other = open_shop()
    client = signed_in(hire("auditor", busy, other))
    answer = client.get("/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (400, "TENANT_REQUIRED")
    assert "X-Tenant" in answer.json()["detail"]
    assert client.get("/v1/events", headers={"X-Tenant": busy.slug}).json()["items"]
    assert client.get("/v1/events", {"tenant": other.slug}).json()["items"] == []


@pytest.mark.parametrize("name", ["foreign", "absent", "nonsense"])
def test_a_foreign_tenant_answers_like_an_absent_one(busy: Shop, name: str) -> None:
    slug = open_shop().slug if name == "foreign" else name
    answer = signed_in(hire("auditor", busy)).get("/v1/events", {"tenant": slug})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_superuser_may_name_any_tenant(busy: Shop) -> None:
    client = signed_in(boss())
    assert client.get("/v1/events").status_code == 400
    assert client.get("/v1/events", headers={"X-Tenant": busy.slug}).status_code == 200


def test_without_role_or_tenant_there_is_nothing_to_read(busy: Shop) -> None:
    person = hire("auditor", busy)
    person.groups.clear()
    assert signed_in(person).get("/v1/events").status_code == 403
    person = hire("auditor", busy)
    person.memberships.all().delete()
    assert signed_in(person).get("/v1/events").status_code == 404


@pytest.mark.parametrize("outside", ["nobody", "customer", "deactivated"])
def test_whoever_is_no_staff_is_nobody(busy: Shop, outside: str) -> None:
    client = Client()
    if outside == "customer":
        client = signed_in(User.objects.create_user(f"customer-{busy.slug}", password="x"))
    if outside == "deactivated":
        person = hire("auditor", busy)
        client = signed_in(person)
        User.objects.filter(pk=person.pk).update(is_active=False)
    answer = client.get("/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/batch"])
def test_events_are_sent_by_keys_alone(busy: Shop, path: str) -> None:
    client = signed_in(boss())
    before = busy.number("events_raw")
    answer = client.post(path, busy.sale("new"), content_type="application/json", headers={"X-Tenant": busy.slug})
    assert answer.status_code == 401
    assert busy.number("events_raw") == before


def test_a_key_beside_a_session_is_what_counts(busy: Shop) -> None:
    client, other = signed_in(hire("auditor", busy)), open_shop()
    answer = client.get("/v1/events", {"tenant": busy.slug}, **other.auth)  # type: ignore[arg-type]
    assert answer.json()["items"] == []
    assert client.get("/v1/events", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_what_changes_something_needs_the_token(busy: Shop) -> None:
    request: Any = APIRequestFactory(enforce_csrf_checks=True).post("/v1/exceptions/x/resolve", {})
    request.user = hire("operator", busy)
    with pytest.raises(Exception, match="CSRF Failed"):
        StaffSessionAuthentication().authenticate(Request(request))


@pytest.mark.parametrize(
    ("role", "may_approve", "resolves"),
    [
        ("operator", False, True),
        ("supervisor", True, True),
        ("accountant", False, False),
        ("auditor", False, False),
        ("tenant_administrator", False, False),
    ],
)
def test_a_principal_knows_what_its_role_may(shop: Shop, role: str, may_approve: bool, resolves: bool) -> None:
    person = hire(role, shop)
    principal = staff.principal_of(person, None)
    assert principal.may_approve is may_approve
    assert ("exceptions:resolve" in principal.scopes) is resolves
    assert principal.actor == f"user:{person.username}"
    assert (principal.tenant_id, principal.tenant_slug) == (shop.tenant.id, shop.slug)
    assert not principal.scopes & {"events:write", "pos:write", "ledger:write", "recon:write", "admin"}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_approves_with_admin_alone(shop: Shop, scope: str) -> None:
    assert replace(shop.principal, scopes=frozenset({scope})).may_approve is (scope == "admin")


def test_the_health_page_counts_the_tenants_of_whoever_asks(busy: Shop) -> None:
    other = open_shop()
    other.send(other.sale())
    counts = signed_in(hire("auditor", busy, other)).get("/v1/health").json()["counts"]
    assert (counts["events_raw"], counts["exceptions_open"]) == (3, 1)
    assert signed_in(hire("auditor", other)).get("/v1/health").json()["counts"]["events_raw"] == 1


def test_the_schema_tells_of_both_ways_in(books: None) -> None:
    schema = Client().get("/v1/schema", headers={"Accept": "application/json"})
    assert schema.status_code == 200
    text = schema.content.decode()
    assert "ApiKey" in text
    assert "StaffSession" in text
