"""Every event type on its whole way: sent by a till, in the books, in the list of sales, in a drawer."""

import pytest
from django.db import connection

from ledgersafe.tenants.event_types import NAMES, TABLE, EventType, Group
from tests.conftest import Shop
from tests.scenes.event_types import VECTORS, events_of

every_type = pytest.mark.parametrize("kind", TABLE, ids=NAMES)

JOURNAL = """
SELECT a.code, p.amount_minor
FROM journals j JOIN postings p ON p.journal_id = j.id JOIN accounts a ON a.id = p.account_id
WHERE j.tenant_id = %s AND j.source_key = %s AND j.kind = %s
"""
FLOWS = "SELECT ledger_flow_type_v1('event', %s, cash) FROM unnest(ARRAY[1, -1]) AS f(cash)"


@every_type
def test_a_type_is_posted_and_listed(shop: Shop, kind: EventType) -> None:
    """The fixture checks every invariant of the books afterwards."""
    for event in events_of(shop, kind.name):
        assert shop.send(event).status_code == 201, event
    vector = VECTORS[kind.name]
    assert dict(shop.rows(JOURNAL, kind.name, kind.name)) == vector["posts"]
    listed = shop.get("/v1/sales", event_type=kind.name, event_id=kind.name).json()["items"]
    # A correction has two headers: of the sale it replaces, and of the sale it puts there.
    assert len(listed) == {Group.NOTHING: 0}.get(kind.group, 2 if kind.name == "CORRECTION" else 1)
    assert all(item["event_type"] == kind.name for item in listed)


@every_type
def test_the_database_calls_its_cash_what_the_table_says(books: None, kind: EventType) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOWS, [kind.name])
        flows = cursor.fetchall()
    # In the direction it does not move cash in, it is a correction.
    assert {flow for (flow,) in flows} == {kind.flow or "CORRECTION", "CORRECTION"}
