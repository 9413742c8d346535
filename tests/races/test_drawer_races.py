"""Drawers under load: no sale is lost from what is expected, and nothing happens twice."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.drawers import (
    FLOAT,
    balances,
    cash_sale,
    close,
    command,
    done,
    flows,
    open_drawer,
    shown,
    transact,
)

pytestmark = pytest.mark.xdist_group("races")


def other(shop: Shop) -> Shop:
    """The same shop, from a client of its own."""
    return Shop(shop.tenant, shop.key, shop.principal, Client())


def test_a_close_among_twenty_sellers_loses_no_sale(shop: Shop) -> None:
    drawer = open_drawer(shop)

    def selling(number: int) -> Callable[[], list[int]]:
        till = other(shop)
        return lambda: [cash_sale(till, f"s-{number}-{n}", "1.00").status_code for n in range(5)]

    def closing() -> list[int]:
        time.sleep(0.2)
        return [close(other(shop), drawer, FLOAT).status_code]

    *sold, closed = all_at_once([*(selling(n) for n in range(20)), closing])
    assert closed == [200]
    assert Counter(status for one in sold for status in one) == {201: 100}
    body = shown(shop, drawer)
    rows = flows(shop, drawer)
    timely = sum(cash for kind, _, cash, late in rows if kind == "SALE" and not late)
    late = sum(cash for kind, _, cash, late in rows if kind == "SALE" and late)
    assert timely + late == 10_000
    assert body["expected_cash"] == FLOAT + timely
    assert balances(shop).get("DRAWER", 0) == late


def test_a_close_among_commands_takes_all_or_refuses(shop: Shop) -> None:
    drawer = open_drawer(shop)

    def selling(number: int) -> Callable[[], list[int]]:
        till = other(shop)
        return lambda: [transact(till, drawer, "SALE", 100, order_id=f"o-{number}").status_code for _ in range(4)]

    def closing() -> list[int]:
        time.sleep(0.2)
        return [close(other(shop), drawer, FLOAT).status_code]

    *sold, closed = all_at_once([*(selling(n) for n in range(12)), closing])
    statuses = Counter(status for one in sold for status in one)
    assert closed == [200]
    assert set(statuses) <= {201, 409}
    assert shown(shop, drawer)["expected_cash"] == FLOAT + 100 * statuses[201]


def test_of_two_closers_one_closes(shop: Shop) -> None:
    drawer = open_drawer(shop)
    tills = [other(shop) for _ in range(8)]
    answers = all_at_once([lambda till=till: int(close(till, drawer, FLOAT).status_code) for till in tills])  # type: ignore[misc]
    assert Counter(answers) == {200: 1, 409: 7}


def test_of_two_openers_one_opens(shop: Shop) -> None:
    def opening(currency: str) -> Callable[[], int]:
        body: dict[str, Any] = {"store_id": "store-1", "register_id": "till-1", "starting_cash": 5}
        till = other(shop)
        return lambda: int(command(till, "ledgers", body | {"currency": currency}).status_code)

    answers = all_at_once([opening(currency) for currency in ("USD", "EUR") * 4])
    assert Counter(answers) == {201: 1, 409: 7}


def test_twenty_refunds_at_once_never_exceed_the_sale(shop: Shop) -> None:
    drawers = [open_drawer(shop), open_drawer(shop, "till-2")]
    done(shop, drawers[0], "SALE", 1000)

    def refunding(number: int) -> Callable[[], int]:
        till = other(shop)
        return lambda: int(transact(till, drawers[number % 2], "REFUND", 150).status_code)

    assert Counter(all_at_once([refunding(n) for n in range(20)])) == {201: 6, 422: 14}
    assert balances(shop)["RETURNS"] == 900


def test_the_next_drawer_opens_among_late_sales(shop: Shop) -> None:
    first = open_drawer(shop)
    assert close(shop, first, FLOAT).status_code == 200

    def selling(number: int) -> Callable[[], list[int]]:
        till = other(shop)
        return lambda: [cash_sale(till, f"s-{number}-{n}", "1.00").status_code for n in range(5)]

    def opening() -> list[int]:
        time.sleep(0.1)
        return [open_drawer(other(shop), cash=300)]

    *_, (second,) = all_at_once([*(selling(n) for n in range(8)), opening])
    in_second = sum(cash for kind, _, cash, _ in flows(shop, second) if kind == "SALE")
    late = sum(cash for _, _, cash, late in flows(shop, first) if late)
    assert in_second + late == 4000
    assert shown(shop, second)["expected_cash"] == 300 + in_second == balances(shop)["DRAWER"]
