"""Lines, tenders and taxes while tills post: nothing is left out, and nothing is there twice."""

import json
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from pos.intake import receive_event
from pos.sales import project_event, project_sales
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.projection import catch_up, everything, projected
from tests.scenes.returns import about
from tests.scenes.roll_up import rolled_up

pytestmark = pytest.mark.xdist_group("races")

#: A header whose transaction is not over, as a slow till's would be. Nothing has posted its journal.
SLOW = """
INSERT INTO sales SELECT (jsonb_populate_record(s, jsonb_build_object(
    'journal_id', nextval('journals_id_seq'), 'xid', pg_current_xact_id()::text))).*
FROM sales s WHERE s.tenant_id = %s AND event_key = 'before'
"""
READ_ANEW = "UPDATE sale_content_marks SET through_xid = '0' WHERE tenant_id = %s"


def posting(shop: Shop, name: str, number: int = 20) -> list[Any]:
    for place in range(number):
        sale = f"{name}-{place}"
        for event in (shop.sale(sale), about(shop, "VOID", f"void-{sale}", sale)):
            receive_event(principal=shop.principal, body=json.dumps(event).encode(), headers={}, now=timezone.now())
    return []


def projecting(shop: Shop) -> list[Any]:
    """Again and again, in small batches, as no schedule would."""
    for _ in range(15):
        project_sales(tenant_id=shop.tenant.id, batch=7)
    return []


def asking(shop: Shop, name: str) -> list[Any]:
    """For sales that may have been posted this moment."""
    for place in range(20):
        project_event(tenant_id=shop.tenant.id, event_key=f"{name}-{place}")
        project_event(tenant_id=shop.tenant.id, event_key=f"void-{name}-{place}")
    return []


def sums(shop: Shop) -> list[tuple[Any, ...]]:
    """Of each table: rows, journals, and what they come to."""
    return [
        shop.rows(f"SELECT count(*), count(DISTINCT journal_id), sum(amount_minor) FROM {table} WHERE tenant_id = %s")[
            0
        ]
        for table in ("sale_lines", "sale_tenders", "sale_taxes")
    ]


def test_several_project_while_tills_post_and_people_ask(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    works: list[Any] = [lambda name=name: posting(shop, name) for name in "ab"]
    works += [lambda: projecting(shop)] * 3 + [lambda name=name: asking(shop, name) for name in "ab"]
    all_at_once(works)
    catch_up(shop)
    assert shop.number("sales") == 80
    assert sums(shop) == [(160, 80, 0), (160, 80, 0), (80, 80, 0)]
    rows = everything(shop)
    as_owner.execute(READ_ANEW.encode(), [shop.tenant.id])
    as_owner.commit()
    assert projected(shop, 80) == 80
    assert everything(shop) == rows


@pytest.mark.cooks_the_books
def test_what_commits_late_gets_its_rows(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    """The trap of every mark: a transaction that began before the run, and commits after it."""
    assert shop.send(shop.sale("before")).status_code == 201
    as_owner.execute(SLOW.encode(), [shop.tenant.id])
    assert shop.send(shop.sale("after")).status_code == 201
    assert projected(shop, 1) == 1
    assert project_sales(tenant_id=shop.tenant.id) == 0
    as_owner.commit()
    assert projected(shop, 2) == 2
    failed = "SELECT s.event_key FROM sales s JOIN sale_content_failures f USING (journal_id) WHERE f.tenant_id = %s"
    assert shop.rows(failed) == [("before",)]  # the header that nobody posted: told, and in nobody's way
    assert shop.number("sale_taxes") == 2


def test_a_second_run_goes_away(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    assert shop.send(shop.sale("sold")).status_code == 201
    as_owner.execute("SELECT pg_advisory_xact_lock(32, hashint8(%s))", [shop.tenant.id])
    assert project_sales(tenant_id=shop.tenant.id) is None
    project_event(tenant_id=shop.tenant.id, event_key="sold")
    assert shop.number("sale_lines") == 2
    as_owner.rollback()
    assert projected(shop, 1) == 1


def test_after_a_restore_into_another_cluster_all_is_read_anew(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    """There transactions are counted from the beginning: marks, and what headers say of theirs, mean nothing."""
    assert shop.send(shop.sale("brought along")).status_code == 201
    assert (projected(shop, 1), rolled_up(shop, 1)) == (1, 1)
    as_owner.execute("UPDATE sale_content_marks SET cluster = 1")
    as_owner.execute("UPDATE daily_sales_marks SET cluster = 1, folded_by = pg_current_xact_id()")
    as_owner.commit()
    assert shop.send(shop.sale("new")).status_code == 201
    assert projected(shop, 2) == 2
    assert shop.number("sale_lines") == 4
