"""Closing a day while sales stream in: the snapshot equals the ledger in every interleaving."""

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from ledger import periods
from ledgersafe.db import tenant_transaction
from pos.answers import Answer
from pos.ingest import receive_event
from tests.conftest import Shop
from tests.races.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


def test_no_sale_slips_into_a_day_after_its_snapshot(shop: Shop) -> None:
    now = timezone.now()
    yesterday = (now - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale("evt-first", occurred_at=yesterday.isoformat())).status_code == 201

    def selling(number: int) -> Callable[[], list[Answer]]:
        bodies = [
            json.dumps(shop.sale(f"evt-{number}-{n}", occurred_at=yesterday.isoformat())).encode() for n in range(10)
        ]
        return lambda: [
            receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now()) for body in bodies
        ]

    def closing() -> list[Answer]:
        time.sleep(0.05)
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, yesterday.date(), now=timezone.now())
        return []

    answers = [answer for one in all_at_once([*map(selling, range(12)), closing]) for answer in one]
    assert Counter(answer.status for answer in answers) == {201: 120}
    snapshots = shop.rows("SELECT account_id, balance_minor FROM balance_snapshots WHERE tenant_id = %s ORDER BY 1")
    ledger = shop.rows(
        "SELECT account_id, sum(amount_minor)::bigint FROM postings "
        "WHERE tenant_id = %s AND business_date = %s GROUP BY 1 ORDER BY 1",
        yesterday.date(),
    )
    assert snapshots == ledger
    late = shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND is_late")[0][0]
    on_time = shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND NOT is_late")[0][0]
    assert late + on_time == 121
