"""The audit log in the back office: who sees what, what a change looks like, and whether it is still as sealed."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledgersafe import setup
from ledgersafe.audit import (
    diffs,
    page_check,
)
from ledgersafe.audit.models import AuditEntry
from ledgersafe.audit.page_check import TrailTooLong
from ledgersafe.audit.sealing import seal_trail
from tests.conftest import Shop, open_shop
from tests.scenes.staff import hire, signed_in

LIST = "/admin/audit/auditentry/"


@pytest.fixture
def auditor(shop: Shop) -> Client:
    return signed_in(hire("auditor", shop))


def change(shop: Shop) -> AuditEntry:
    setup.change_tenant(slug=shop.slug, changes={"late_window_days": 9, "disable": ["VOID"]}, actor="user:<b>eve</b>")
    return AuditEntry.objects.filter(tenant=shop.tenant).latest("id")


def page_of(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


# ── Before and after ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (None, None, []),
        (None, {"a": 1}, [("a", None, "1")]),
        ({"a": 1}, None, [("a", "1", None)]),
        ({"a": 1, "b": True}, {"a": 2, "b": True}, [("a", "1", "2"), ("b", "yes", "yes")]),
        ({"a": {"b": None}}, {"a": {"b": "x"}}, [("a.b", "nothing", "x")]),
        ({"a": {}}, {"a": {"b": 1}}, [("a", "{}", None), ("a.b", None, "1")]),
        ([1], "text", [("value", "[1]", "text")]),
        ({"a": ["x", "y"]}, {"a": ["x", "z"]}, [("a", "x, y", "x, z")]),
        ({"a": [{"b": 1}]}, {"a": []}, [("a", '[{"b": 1}]', "none")]),
    ],
)
def test_a_change_reads_field_by_field(before: Any, after: Any, fields: list[Any]) -> None:
    assert [(change.field, change.before, change.after) for change in diffs.changes(before, after)] == fields


def test_of_a_list_what_left_and_what_came_is_named() -> None:
    (found,) = diffs.changes({"types": ["A", "B", "C"]}, {"types": ["A", "C", "D"]})
    assert (found.gone, found.new) == ("B", "D")


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────
def test_an_entry_shows_what_changed_and_leads_to_what_it_is_about(auditor: Client, shop: Shop) -> None:
    entry = change(shop)
    page = page_of(auditor.get(f"{LIST}{entry.pk}/change/"))
    for words in ("late_window_days", "not sealed yet", "VOID", f"/admin/tenants/tenant/?q={shop.slug}"):
        assert words in page
    assert "<b>eve</b>" not in page
    seal_trail(tenant_id=shop.tenant.id)
    assert "sealed in block 1" in page_of(auditor.get(f"{LIST}{entry.pk}/change/"))


def test_the_list_says_per_row_whether_it_is_sealed(auditor: Client, shop: Shop) -> None:
    seal_trail(tenant_id=shop.tenant.id)
    change(shop)
    page = page_of(auditor.get(LIST))
    assert "block 1" in page
    assert page.count("not sealed yet") == 1


def test_the_card_says_how_far_it_is_sealed(auditor: Client, shop: Shop) -> None:
    chains = reverse("admin:audit_chains")
    assert "nothing sealed yet" in page_of(auditor.get(chains))
    seal_trail(tenant_id=shop.tenant.id)
    assert "all sealed" in page_of(auditor.get(chains))
    change(shop)
    assert "1 not sealed yet" in page_of(auditor.get(chains))
    assert shop.slug in page_of(auditor.get(chains, {"tenant": shop.tenant.pk}))
    assert page_of(auditor.get(chains, {"tenant": "x' OR 1=1"}))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "tenants.tenant.changed"}, True), ({"action": "no.such.action"}, False),
        ({"object_type": "tenant"}, True), ({"object_type": "planet"}, False),
        ({"actor__icontains": "eve"}, True), ({"actor__icontains": "adam"}, False),
        ({"at_from": "2020-01-01"}, True), ({"at_to": "2020-01-01"}, False), ({"at_from": "nonsense"}, True),
        ({"q": "tenant.changed"}, True), ({"q": "nothing of the kind"}, False),
    ],
)  # fmt: skip
def test_it_is_filtered_and_searched(auditor: Client, shop: Shop, query: dict[str, str], found: bool) -> None:
    entry = change(shop)
    answer = auditor.get(LIST, query, follow=True)
    assert (f"{LIST}{entry.pk}/change/" in page_of(answer)) is found


def test_today_is_inside_a_range_that_ends_today(auditor: Client, shop: Shop) -> None:
    entry = change(shop)
    page = page_of(auditor.get(LIST, {"at_to": f"{entry.at:%Y-%m-%d}"}))
    assert f"{LIST}{entry.pk}/change/" in page


# ── Verify now ──────────────────────────────────────────────────────────────────────────────────
def test_a_trail_is_verified_at_the_press_of_a_button(auditor: Client, shop: Shop) -> None:
    verify = reverse("admin:audit_verify", args=[shop.tenant.pk])
    seal_trail(tenant_id=shop.tenant.id)
    assert "verified" in page_of(auditor.post(verify))
    assert auditor.get(verify).status_code == 302


@pytest.mark.cooks_the_books
def test_a_trail_that_was_tampered_with_is_told(
    auditor: Client, shop: Shop, as_owner: "psycopg.Connection[Any]"
) -> None:
    entry = change(shop)
    seal_trail(tenant_id=shop.tenant.id)
    as_owner.execute("ALTER TABLE audit_log DISABLE TRIGGER append_only")
    as_owner.execute("UPDATE audit_log SET actor = 'user:adam' WHERE id = %s", [entry.pk])
    as_owner.execute("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER append_only")
    as_owner.commit()
    page = page_of(auditor.post(reverse("admin:audit_verify", args=[shop.tenant.pk])))
    assert "changed since sealing" in page
    assert str(entry.pk) in page


def test_a_trail_too_long_to_wait_for_is_said_to_be_so(shop: Shop) -> None:
    seal_trail(tenant_id=shop.tenant.id)
    with pytest.raises(TrailTooLong):
        page_check.verify_now(shop.tenant, patience_seconds=0.0)


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────
def test_another_tenants_trail_is_not_there(auditor: Client, books: None) -> None:
    theirs = open_shop()
    entry = change(theirs)
    assert f"{LIST}{entry.pk}/" not in page_of(auditor.get(LIST))
    assert auditor.get(f"{LIST}{entry.pk}/change/").status_code == 404
    assert theirs.slug not in page_of(auditor.get(reverse("admin:audit_chains"), {"tenant": theirs.tenant.pk}))
    assert auditor.post(reverse("admin:audit_verify", args=[theirs.tenant.pk])).status_code == 404
    assert auditor.post(reverse("admin:audit_verify", args=[999_999_999])).status_code == 404


def test_who_may_not_read_the_trail_does_not(shop: Shop) -> None:
    operator = signed_in(hire("operator", shop))
    assert operator.get(LIST).status_code == 403
    assert operator.get(reverse("admin:audit_chains")).status_code == 403
    assert operator.post(reverse("admin:audit_verify", args=[shop.tenant.pk])).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(auditor: Client, shop: Shop) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            page_of(auditor.get(LIST))
        return len(seen)

    auditor.get(LIST)
    before = statements()
    for number in range(40):
        setup.change_tenant(slug=shop.slug, changes={"late_window_days": number}, actor="user:eve")
    assert statements() == before
