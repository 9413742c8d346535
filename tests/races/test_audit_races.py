"""Sealing while many write: nothing is lost, nothing is sealed twice, the chain never forks."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop
from tests.scenes.audit_trail import note
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


@pytest.fixture(autouse=True)
def anchor_file(settings: Settings, tmp_path: Path) -> None:
    """Anchors of this test alone."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")


def sealing(shop: Shop, times: int) -> Callable[[], int]:
    """Seal and anchor over and over. :returns: how many entries went into blocks."""

    def work() -> int:
        sealed = 0
        for _ in range(times):
            block = seal_trail(tenant_id=shop.tenant.id)
            anchor_head(shop.tenant)
            sealed += block.entries if block else 0
        return sealed

    return work


def writing(shop: Shop, times: int) -> Callable[[], int]:
    """Write entries whose ids are taken long before they are committed, so that they commit out of order."""

    def work() -> int:
        for _ in range(times):
            with tenant_transaction(shop.tenant.id):
                _insert(shop)
                time.sleep(random.uniform(0, 0.02))
        return 0

    return work


def _insert(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id) VALUES (%s, 'a', 'b', 'c', 'd')",
            [shop.tenant.id],
        )


def test_ids_committing_out_of_order_are_each_sealed_once(shop: Shop) -> None:
    sealed = sum(all_at_once([sealing(shop, 20), sealing(shop, 20), *[writing(shop, 15)] * 10]))
    last = seal_trail(tenant_id=shop.tenant.id)
    assert sealed + (last.entries if last else 0) == shop.number("audit_log") == shop.number("audit_seals") == 152
    order = shop.rows(
        "SELECT s.entry_id FROM audit_seals s JOIN audit_blocks b ON b.id = s.block_id WHERE s.tenant_id = %s "
        "ORDER BY b.number, s.position"
    )
    assert order != sorted(order), "some lower id did go into a later block, or this test has shown nothing"


def test_ten_sealers_at_once_make_one_block(shop: Shop) -> None:
    note(shop, "one", "two")
    blocks = all_at_once([lambda: seal_trail(tenant_id=shop.tenant.id)] * 10)
    assert [block.number for block in blocks if block] == [1]
    assert shop.number("audit_blocks") == 1
