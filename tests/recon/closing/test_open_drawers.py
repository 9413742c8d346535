"""Closing a day on which drawers were run: what stands against it, and what the pack tells of them."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from recon.closing.close_refusals import DrawersOpen
from recon.packs import pack
from tests.conftest import Shop
from tests.recon.closing.test_reopen import reopen
from tests.scenes import drawers
from tests.scenes.days import close


def rows_of(shop: Shop, day: date) -> list[dict[str, str]]:
    done = close(shop, day, now=timezone.now() + timedelta(days=2))
    return list(csv.DictReader(io.StringIO(b"".join(pack.content(done.close, "drawers.csv")).decode())))


@pytest.fixture
def drawer(shop: Shop) -> int:
    """A drawer that is open since now, with 42.50 of cash sales."""
    number = drawers.open_drawer(shop)
    drawers.done(shop, number, "SALE", 4250)
    return number


@pytest.fixture
def today(shop: Shop, drawer: int) -> date:
    (day,) = shop.rows("SELECT max(business_date) FROM periods WHERE tenant_id = %s")
    found: date = day[0]
    return found


def test_an_open_drawer_stands_against_the_close_with_its_money(shop: Shop, drawer: int, today: date) -> None:
    later = timezone.now() + timedelta(days=2)
    with pytest.raises(DrawersOpen, match="1 drawer is open") as refusal:
        close(shop, today, now=later)
    expected = "142.50"
    assert refusal.value.context["expected_cash"] == [{"ccy": "USD", "amount": expected}]
    board = shop.get(f"/v1/periods/{today}/readiness").json()
    assert "DRAWERS_OPEN" in board["blockers"]
    (told,) = board["open_drawers"]
    assert (told["id"], told["expected_cash"], told["status"]) == (drawer, expected, "OPEN")
    done = close(shop, today, now=later, force=True, may_force=True, notes="The till runs around the clock.")
    assert done.close.forced


def test_a_drawer_opened_after_the_day_does_not(shop: Shop, drawer: int, today: date) -> None:
    done = close(shop, today - timedelta(days=1), now=timezone.now())
    assert not done.close.forced


def test_the_pack_has_the_final_figures_of_every_drawer_closed_that_day(shop: Shop, drawer: int, today: date) -> None:
    assert drawers.close(shop, drawer, 14240, notes="Ten cents short.").status_code == 200
    (row,) = rows_of(shop, today)
    assert row == row | {
        "drawer_id": str(drawer),
        "z_number": "1",
        "sales_amount": "42.50",
        "expected_amount": "142.50",
        "counted_amount": "142.40",
        "variance_amount": "'-0.10",
        "notes": "Ten cents short.",
    }
    before = pack.fingerprints(close(shop, today).close)
    reopen(shop, today)
    assert rows_of(shop, today) == [row]
    assert before["drawers.csv"] == pack.fingerprints(close(shop, today).close)["drawers.csv"]
