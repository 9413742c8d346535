"""A shop with something of everything in its books, ready to be planted in."""

from typing import Any

import psycopg
import pytest

from pos.checks import rebuild_from_bronze
from tests.conftest import Shop
from tests.scenes.violations import Ground

NOTHING = dict.fromkeys(("total_amount", "line_items", "tenders", "tax_lines"))


def fill(shop: Shop) -> None:
    """A sale and its retry, a conflict, a held event, an event that posts nothing, two refusals, cash moves."""
    statuses = [
        shop.send(shop.sale("sold")).status_code,
        shop.send(shop.sale("sold")).status_code,
        shop.send(shop.sale("disputed")).status_code,
        shop.send(shop.sale("disputed", cashier_id="another")).status_code,
        shop.send(shop.sale("held", event_type="TELEPORT")).status_code,
        shop.send(shop.sale("opened", event_type="NO_SALE", **NOTHING)).status_code,
        shop.send(b"no event").status_code,
        shop.send(shop.sale("card", cashier_id="4111 1111 1111 1111")).status_code,
        shop.send(
            shop.sale("drop", event_type="CASH_DROP", **(NOTHING | {"total_amount": 5})),
        ).status_code,
    ]
    assert statuses == [201, 200, 201, 202, 202, 201, 400, 422, 201]


@pytest.fixture
def ground(shop: Shop, as_owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Books that keep every invariant, until something is planted. Planted journals need no event as their cause."""
    monkeypatch.setattr(rebuild_from_bronze, "OTHER_SOURCES", ("planted", *rebuild_from_bronze.OTHER_SOURCES))
    fill(shop)
    books = Ground(as_owner, shop)
    assert books.broken_of_several() == {}
    return books
