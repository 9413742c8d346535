"""Closing a day in the back office: board, button and pack, and who may press it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import Period
from tests.conftest import Shop, open_shop
from tests.scenes.days import DAY, close, hold, sell
from tests.scenes.staff import hire, signed_in


def url_of(shop: Shop, *file: str) -> str:
    day = Period.objects.get(tenant=shop.tenant, business_date=DAY)
    return reverse("day-pack" if file else "day-close", args=[day.pk, *file])


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


@pytest.fixture
def accountant(shop: Shop) -> Client:
    return signed_in(hire("accountant", shop))


def test_an_accountant_closes_a_day_that_is_ready(shop: Shop, accountant: Client) -> None:
    sell(shop, DAY)
    page = accountant.get(url_of(shop))
    assert "Ready to close" in text(page)
    assert shop.number("day_closes") == 0
    answer = accountant.post(url_of(shop), {"notes": ""})
    assert answer.headers["Location"] == url_of(shop)
    closed = accountant.get(url_of(shop))
    assert "Accountant pack" in text(closed)
    assert url_of(shop, "journals.csv") in closed.content.decode()


def test_the_page_of_the_day_leads_there(shop: Shop, accountant: Client) -> None:
    sell(shop, DAY)
    day = Period.objects.get(tenant=shop.tenant)
    page = accountant.get(reverse("admin:ledger_period_change", args=[day.pk]))
    assert url_of(shop) in page.content.decode()
    assert "Close the day" in text(page)


def test_undecided_events_are_shown_with_their_money_and_closed_over_only_with_a_reason(
    shop: Shop, accountant: Client
) -> None:
    sell(shop, DAY)
    hold(shop, DAY)
    assert "1 held event needs a decision" in text(accountant.get(url_of(shop)))
    assert "43.00 USD" in text(accountant.get(url_of(shop)))
    assert "decide them, or close all the same" in text(accountant.post(url_of(shop), {"notes": "x"})) or (
        "of the day waits for a decision" in text(accountant.post(url_of(shop), {"notes": "x"}))
    )
    assert "must say why" in text(accountant.post(url_of(shop), {"force": "on", "notes": ""}))
    assert shop.number("day_closes") == 0
    assert accountant.post(url_of(shop), {"force": "on", "notes": "Month end."}).status_code == 302
    assert "Month end." in text(accountant.get(url_of(shop)))


@pytest.mark.parametrize("role", ["operator", "supervisor", "auditor", "tenant_administrator"])
def test_others_see_the_board_and_close_nothing(shop: Shop, role: str) -> None:
    sell(shop, DAY)
    client = signed_in(hire(role, shop))
    page = client.get(url_of(shop))
    assert "Readiness" in text(page)
    assert "<textarea" not in page.content.decode()
    assert client.post(url_of(shop), {"notes": ""}).status_code == 403
    assert shop.number("day_closes") == 0


def test_a_forged_post_closes_nothing(shop: Shop) -> None:
    sell(shop, DAY)
    forged = signed_in(hire("accountant", shop), enforce_csrf_checks=True)
    assert forged.post(url_of(shop), {"notes": ""}).status_code == 403
    assert shop.number("day_closes") == 0


def test_another_tenants_day_answers_as_an_absent_one(shop: Shop, accountant: Client) -> None:
    other = open_shop()
    sell(other, DAY)
    assert accountant.get(url_of(other)).status_code == 404
    assert accountant.post(url_of(other), {"notes": ""}).status_code == 404
    close(other)
    assert accountant.get(url_of(other, "journals.csv")).status_code == 404
    assert accountant.get(reverse("day-close", args=[2**40])).status_code == 404


def test_the_pack_is_there_once_the_day_is_closed(shop: Shop, accountant: Client) -> None:
    sell(shop, DAY)
    assert accountant.get(url_of(shop, "pack.html")).status_code == 404
    close(shop)
    shown = accountant.get(url_of(shop, "pack.html"))
    assert shown.headers["Content-Disposition"].startswith("inline;")
    assert b"Trial balance" in b"".join(shown.streaming_content)  # type: ignore[attr-defined]
    assert accountant.get(url_of(shop, "nothing.csv")).status_code == 404
