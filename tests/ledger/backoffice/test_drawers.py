"""Drawers in the back office: who may press what, and what a blind count hides."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import Drawer
from ledgersafe.tenants.models import Register
from tests.conftest import Shop, open_shop
from tests.scenes.drawers import FLOAT, cash_sale, close, done, open_drawer, shown
from tests.scenes.staff import hire, signed_in

PAGES = ("drawer-count", "drawer-close", "drawer-adjust", "drawer-report")


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def page_of(client: Client, drawer: int, name: str = "") -> Any:
    return client.get(reverse(name or "admin:ledger_drawer_change", args=[drawer]))


@pytest.fixture
def operator(shop: Shop) -> Client:
    return signed_in(hire("operator", shop))


@pytest.fixture
def supervisor(shop: Shop) -> Client:
    return signed_in(hire("supervisor", shop))


def test_an_operator_runs_a_drawer(shop: Shop, operator: Client) -> None:
    assert cash_sale(shop, "first").status_code == 201
    register = Register.objects.get(tenant=shop.tenant)
    answer = operator.post(
        reverse("admin:ledger_drawer_open_new"), {"register": register.pk, "starting_cash": "100.00"}
    )
    drawer = Drawer.objects.get(tenant=shop.tenant)
    assert answer.headers["Location"] == reverse("admin:ledger_drawer_change", args=[drawer.pk])
    done(shop, drawer.pk, "SALE", 500)
    assert "105.00" in text(page_of(operator, drawer.pk))
    for name, cash in (("drawer-count", "104.00"), ("drawer-close", "105.00")):
        operator.post(reverse(name, args=[drawer.pk]), {"actual_cash": cash, "notes": ""})
    assert (shown(shop, drawer.pk)["status"], shown(shop, drawer.pk)["variance"]) == ("CLOSED", 0)
    assert "Z-report 1" in text(page_of(operator, drawer.pk, "drawer-report"))


def test_a_refusal_is_shown_in_the_form_and_what_was_typed_stays(shop: Shop, operator: Client) -> None:
    drawer = open_drawer(shop)
    register = Register.objects.get(tenant=shop.tenant)
    again = operator.post(reverse("admin:ledger_drawer_open_new"), {"register": register.pk, "starting_cash": "1.00"})
    assert "has an open drawer" in text(again)
    for typed in ("-1", "1.005", "x", "1e400", ""):
        page = operator.post(reverse("drawer-close", args=[drawer]), {"actual_cash": typed, "notes": "Kept."})
        assert page.status_code == 200
        assert "Kept." in text(page)
    assert shown(shop, drawer)["status"] == "OPEN"


def test_a_variance_above_the_limit_is_a_supervisors(shop: Shop, operator: Client, supervisor: Client) -> None:
    shop.tenant.variance_limit_minor = 100
    shop.tenant.save(update_fields=["variance_limit_minor"])
    drawer = open_drawer(shop)
    url, typed = reverse("drawer-close", args=[drawer]), {"actual_cash": "1.00", "notes": "Stolen."}
    assert "above the tenant" in text(operator.post(url, typed))
    assert "needs notes" in text(supervisor.post(url, typed | {"notes": ""}))
    assert supervisor.post(url, typed).status_code == 302


def test_a_blind_count_hides_the_figures_from_who_counts(shop: Shop, operator: Client, supervisor: Client) -> None:
    drawer = open_drawer(shop, cash=12_345, blind=True)
    done(shop, drawer, "SALE", 600)
    assert "129.45" in text(page_of(supervisor, drawer))
    for page in (page_of(operator, drawer), operator.get(reverse("admin:ledger_drawer_changelist"))):
        assert "129.45" not in text(page)
        assert "blind" in text(page).lower()
    assert page_of(operator, drawer, "drawer-report").status_code == 403


def test_late_cash_is_explained_by_a_button(shop: Shop, operator: Client) -> None:
    drawer = open_drawer(shop)
    close(shop, drawer, FLOAT)
    assert "Book late cash" not in text(page_of(operator, drawer))
    cash_sale(shop, "late")
    assert "Book late cash" in text(page_of(operator, drawer))
    assert operator.post(reverse("drawer-adjust", args=[drawer])).status_code == 302
    assert "Book late cash" not in text(page_of(operator, drawer))


def test_an_auditor_looks_and_presses_nothing(shop: Shop) -> None:
    drawer, auditor = open_drawer(shop), signed_in(hire("auditor", shop))
    assert "Close" not in text(page_of(auditor, drawer)).split("Drawer of")[-1]
    for name in ("drawer-count", "drawer-close", "drawer-adjust"):
        assert auditor.post(reverse(name, args=[drawer]), {"actual_cash": "1"}).status_code == 403
    assert auditor.get(reverse("admin:ledger_drawer_open_new")).status_code == 403


def test_another_tenants_drawer_answers_as_an_absent_one(shop: Shop, supervisor: Client) -> None:
    theirs = open_drawer(open_shop())
    for name in PAGES:
        assert [page_of(supervisor, number, name).status_code for number in (theirs, 2**40)] == [404, 404]
    assert page_of(supervisor, theirs).status_code == page_of(supervisor, 2**40).status_code
