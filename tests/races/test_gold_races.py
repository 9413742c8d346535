"""Reports while tills post and roll-ups run: each is what the headers of its own snapshot come to."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from pos.intake import receive_batch, receive_event
from pos.reports import daily_sales, roll_up_sales
from tests.conftest import Shop, connect
from tests.scenes.crowd import all_at_once
from tests.scenes.roll_up import rolled_up

pytestmark = pytest.mark.xdist_group("races")

DAY = date(2026, 2, 25)
#: The report and what it must come to, of one snapshot.
BOTH = """
SELECT (SELECT (coalesce(sum(r.facts_count), 0), coalesce(sum(r.gross_minor), 0), coalesce(sum(r.cash_minor), 0))::text
        FROM pos_daily_sales_v1(%(tenant)s, '2026-02-01', '2026-02-28', NULL) r),
       (SELECT (count(*), coalesce(sum(s.gross_minor), 0), coalesce(sum(s.cash_minor), 0))::text
        FROM sales s WHERE s.tenant_id = %(tenant)s)
"""
#: A header whose transaction is not over, as a slow till's would be.
SLOW = """
INSERT INTO sales SELECT (jsonb_populate_record(s, jsonb_build_object(
    'journal_id', nextval('journals_id_seq'), 'xid', pg_current_xact_id()::text))).*
FROM sales s WHERE s.tenant_id = %s LIMIT 1
"""


def facts(shop: Shop) -> int:
    """Headers that the report counts."""
    return sum(row.sums.facts_count for row in daily_sales.daily_sales({shop.tenant.id: (DAY, DAY)}))


def posting(shop: Shop, name: str) -> Callable[[], list[Any]]:
    """Ten single events and a batch, one after the other."""

    def post() -> list[Any]:
        how: dict[str, Any] = {"principal": shop.principal, "headers": {}, "now": timezone.now()}
        for number in range(10):
            body = json.dumps(shop.sale(f"{name}-{number}", store_id=f"store-{number % 3}")).encode()
            assert receive_event(body=body, **how).status == 201
        bodies = [json.dumps(shop.sale(f"{name}-b{number}")).encode() for number in range(20)]
        assert {answer.status for answer in receive_batch(bodies=bodies, **how)} == {201}
        return []

    return post


def reading(shop: Shop) -> list[Any]:
    """Pairs that must be equal, forty times."""
    with connect(settings.APPLICATION_ROLE) as raw:
        raw.autocommit = True
        return [raw.execute(BOTH.encode(), {"tenant": shop.tenant.id}).fetchone() for _ in range(40)]


def rolling(shop: Shop) -> list[Any]:
    """Again and again, as no schedule would."""
    for _ in range(25):
        roll_up_sales(tenant_id=shop.tenant.id)
    return []


def test_a_report_is_exact_while_tills_post_and_several_roll_up(shop: Shop) -> None:
    assert shop.send(shop.sale("first")).status_code == 201
    works = [posting(shop, name) for name in "abcd"] + [lambda: rolling(shop)] * 2 + [lambda: reading(shop)] * 3
    pairs = [pair for found in all_at_once(works) for pair in found]
    assert len(pairs) == 120
    assert [(report, headers) for report, headers in pairs if report != headers] == []
    roll_up_sales(tenant_id=shop.tenant.id)
    assert facts(shop) == shop.number("sales") == 121


@pytest.mark.cooks_the_books
def test_what_commits_late_is_neither_lost_nor_counted_twice(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    """The trap of every mark: a transaction that began before the roll-up, and commits after it."""
    assert shop.send(shop.sale("before")).status_code == 201
    as_owner.execute(SLOW.encode(), [shop.tenant.id])
    assert shop.send(shop.sale("after")).status_code == 201
    assert rolled_up(shop, 1) == 1
    assert facts(shop) == 2
    assert roll_up_sales(tenant_id=shop.tenant.id) == 0
    as_owner.commit()
    assert facts(shop) == 3
    assert rolled_up(shop, 2) == 2
    assert facts(shop) == 3


def test_a_second_roll_up_goes_away(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    assert shop.send(shop.sale("sold")).status_code == 201
    as_owner.execute("SELECT pg_advisory_xact_lock(31, hashint8(%s))", [shop.tenant.id])
    assert roll_up_sales(tenant_id=shop.tenant.id) is None
    as_owner.rollback()
    assert rolled_up(shop, 1) == 1


def test_after_a_restore_into_another_cluster_reports_are_exact_and_rolled_up_anew(
    shop: Shop, as_owner: psycopg.Connection[Any]
) -> None:
    """There transactions are counted from the beginning: the mark and what headers say of theirs mean nothing."""
    assert shop.send(shop.sale("brought along")).status_code == 201
    assert rolled_up(shop, 1) == 1
    as_owner.execute("UPDATE daily_sales_marks SET cluster = 1, folded_by = pg_current_xact_id()")
    as_owner.commit()
    assert shop.send(shop.sale("new")).status_code == 201
    assert facts(shop) == 2
    assert rolled_up(shop, 2) == 2
    assert facts(shop) == 2
    assert shop.send(shop.sale("newer")).status_code == 201
    assert (facts(shop), rolled_up(shop, 1), facts(shop)) == (3, 1, 3)
