"""Told in columns or row by row, arrivals come to the same: in every table, in every answer."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.intake import Answer, receive, receive_batch
from pos.intake.writer import Writer
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.pos.intake.test_any_order import days
from tests.scenes.returns import NOTHING, about

#: Columns that differ between two runs: ids, instants of recording, and hashes of texts with the tenant's own name.
OWN = (
    "id", "tenant_id", "api_key_id", "raw_body", "raw_sha256", "payload_sha256", "redacted_mac", "request_id",
    "headers", "journal_id", "base_journal_id", "raw_id", "first_raw_id", "last_raw_id", "effective_raw_id",
    "raw_event_id", "payload_hash_first", "payload_hash_last", "payload_hash", "effective_hash", "exception_id",
    "last_exception_id", "received_at", "first_seen_at", "last_seen_at", "processed_at", "recorded_at", "created_at",
    "opened_at", "at", "updated_at", "waits_since", "resolved_at", "last_replay_at", "xid", "account_id", "drawer_id",
    "event_key_id", "prev_hash", "hash", "seq", "details", "actor", "object_id", "reverses_id", "raw_length",
)  # fmt: skip
#: By what their rows are told apart.
TABLES = {
    "events_raw": "event_id", "events_processed": "idempotency_key", "exceptions": "idempotency_key",
    "event_waits": "event_key", "sales": "event_key", "sale_references": "event_key", "journals": "source_key",
}  # fmt: skip
#: Which arrival, key, case and journal belong together, by their own names.
LINKS = """
SELECT r.event_id, k.idempotency_key, o.result, o.reason_code, x.reason_code,
       x.details - 'payload_hash_first' - 'payload_hash', j.source_key,
       k.effective_raw_id = r.id, k.first_raw_id = r.id, k.last_raw_id = r.id, s.raw_id = r.id,
       k.payload_hash_first = r.payload_sha256, k.effective_hash = r.payload_sha256, r.raw_sha256 = sha256(r.raw_body),
       length(r.raw_body) - length(t.slug), t.slug <> '' AND position(t.slug IN convert_from(r.raw_body, 'UTF8')) > 0
FROM events_raw r JOIN tenants t ON t.id = r.tenant_id
JOIN event_outcomes o ON o.raw_event_id = r.id
LEFT JOIN events_processed k ON k.tenant_id = r.tenant_id AND k.idempotency_key = r.event_id
LEFT JOIN exceptions x ON x.id = o.exception_id LEFT JOIN journals j ON j.id = o.journal_id
LEFT JOIN sales s ON s.journal_id = j.id
WHERE r.tenant_id = %s ORDER BY r.id
"""
LINES = """
SELECT j.source, j.source_key, p.line_no, a.code, p.currency, p.business_date, p.amount_minor
FROM postings p JOIN journals j ON j.id = p.journal_id JOIN accounts a ON a.id = p.account_id
WHERE p.tenant_id = %s ORDER BY 1, 2, 3
"""
AUDITED = "SELECT action, object_id, after FROM audit_log WHERE tenant_id = %s AND object_type = 'event' ORDER BY 1, 2"
CORRECTED = "SELECT count(*) FROM events_raw WHERE tenant_id = %s AND corrected_at IS NOT NULL"
NOW = datetime(2026, 2, 25, 20, tzinfo=UTC)


@contextmanager
def row_by_row() -> Iterator[None]:
    """As after a refusal."""

    def writer(principal: Any, context: Any, *, row_by_row: bool) -> Writer:
        return Writer(principal, context, row_by_row=True)

    with mock.patch.object(receive, "Writer", writer):
        yield


def everything(shop: Shop) -> dict[str, list[Any]]:
    """The rows of every table without what differs from run to run, and the links between them."""
    rows: dict[str, list[Any]] = {
        "links": shop.rows(LINKS),
        "lines": shop.rows(LINES),
        "audited": shop.rows(AUDITED),
    }
    for table, name in TABLES.items():
        rows[table] = shop.rows(
            f"SELECT to_jsonb(t) - o.own FROM (SELECT * FROM {table} WHERE tenant_id = %s) t, "
            f"(SELECT %s::text[] AS own) o ORDER BY t.{name}, 1",
            list(OWN),
        )
    return rows


def comparable(answers: list[Answer]) -> list[tuple[Any, ...]]:
    """The answers without what differs from run to run."""
    return [
        (
            a.idempotency_key,
            a.result,
            a.reason_code,
            a.refusal_status,
            a.detail,
            a.exception_id is None,
            a.journal_id is None,
        )
        for a in answers
    ]


def keep(shop: Shop, batches: list[list[dict[str, Any]]], headers: dict[str, str] | None = None) -> tuple[Any, ...]:
    """Send them; what was answered and what there is."""
    answers = []
    for batch in batches:
        bodies = [json.dumps(event | {"tenant_id": event["tenant_id"] or shop.slug}).encode() for event in batch]
        answers += receive_batch(principal=shop.principal, bodies=bodies, headers=headers or {}, now=NOW)
    assert_books_clean(shop.tenant.id)
    return comparable(answers), everything(shop)


def compare(batches: list[list[dict[str, Any]]], headers: dict[str, str] | None = None) -> Shop:
    """Send the same batches both ways, and compare. :returns: the shop that was written in columns."""
    columns, rows = open_shop(), open_shop()
    in_columns = keep(columns, batches, headers)
    with row_by_row():
        in_rows = keep(rows, batches, headers)
    assert in_columns[0] == in_rows[0]
    for table, rows in in_columns[1].items():
        assert rows == in_rows[1][table], table
    return columns


def a_bit_of_everything(shop: Shop) -> list[dict[str, Any]]:
    """Every way an arrival of a batch can go."""
    numbered = {"device_id": "tab-1", "device_seq": 7}
    sourced = {"source_event_id": "ticket-1"}
    return [
        shop.sale("sold", **numbered, **sourced),
        shop.sale("sold", **numbered, **sourced),  # a repeat
        shop.sale("sold", total_amount=12.5, tenders=[{"method": "CASH", "amount": 12.5}]),  # another version
        shop.sale("same-number", **numbered),
        shop.sale("same-ticket", **sourced),
        shop.sale("next", register_id=None, device_id="tab-2", device_seq=1),
        shop.sale("held", total_amount=1),
        shop.sale("held", total_amount=1),
        shop.sale("card", metadata={"card": "4111 1111 1111 1111"}),
        shop.sale("stranger", tenant_id="somebody-else"),
        shop.sale("bad", total_amount="NaN", source_event_id="x\x07", txn_id="t" * 300),
        shop.sale("worse", occurred_at="yesterday", device_id="tab-1", device_seq=8, source_event_id="ticket-2"),
        shop.sale("none", event_type="NO_SALE", **NOTHING),
        shop.sale("in", event_type="PAID_IN", **(NOTHING | {"total_amount": 5})),
        about(shop, "RETURN", "back", total_amount=5),
        about(shop, "RETURN", "waits", "not yet", total_amount=5),
        about(shop, "VOID", "undone", "next"),
        about(shop, "VOID", "undone", "next"),
        shop.sale("wrong"),
        about(shop, "CORRECTION", "right", "wrong", total_amount=20, tenders=[{"method": "CASH", "amount": 20}]),
        shop.sale("tilly", store_id="Größe 7", register_id="Kasse ✓", currency="JPY", total_amount=38, tax_lines=None,
                  line_items=[{"sku": "A", "amount": 38}], tenders=[{"method": "GIFT_CARD", "amount": 38}]),
    ]  # fmt: skip


def anybody() -> Shop:
    """A till whose events name no tenant yet."""
    shop = open_shop()
    shop.tenant.slug = ""
    return shop


def test_a_bit_of_everything_comes_to_the_same_both_ways(books: None) -> None:
    events = a_bit_of_everything(anybody())
    shop = compare([events])
    results = dict(shop.rows("SELECT result, count(*) FROM event_outcomes WHERE tenant_id = %s GROUP BY 1"))
    assert set(results) == {"processed", "duplicate", "quarantined", "rejected"}
    assert min(shop.number(table) for table in TABLES) > 0
    assert len(shop.rows(AUDITED)) == 1


def test_what_is_sent_again_comes_to_the_same_both_ways(books: None) -> None:
    events = a_bit_of_everything(anybody())
    shop = compare([events[:9], events, events[::-1]])
    keys = {event["event_id"] for event in events} - {"card", "stranger"}  # refused: no keys
    assert shop.number("events_processed") == len(keys)
    assert shop.number("event_outcomes") == 9 + 2 * len(events)


def test_a_wrong_clock_comes_to_the_same_both_ways(books: None) -> None:
    events = a_bit_of_everything(anybody())
    sent = {"HTTP_X_DEVICE_TIME": "2026-02-25T21:00:00Z", "CONTENT_TYPE": "application/json"}
    shop = compare([events], sent)
    assert shop.rows("SELECT count(*) > 5 FROM events_raw WHERE tenant_id = %s AND corrected_at IS NOT NULL") == [
        (True,)
    ]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(day=days(), data=st.data())
def test_any_day_comes_to_the_same_both_ways(books: None, day: list[dict[str, Any]], data: st.DataObject) -> None:
    shop = anybody()
    again = data.draw(st.lists(st.sampled_from(day), max_size=3), label="repeated")
    events = [shop.sale(**event) for event in data.draw(st.permutations([*day, *again]), label="order")]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=2), label="cuts"))
    shop = compare([events[a:b] for a, b in itertools.pairwise([0, *cuts, len(events)]) if a < b])
    assert shop.number("events_processed") == len(day)


def test_what_no_column_can_hold_is_told_row_by_row(books: None) -> None:
    shop = open_shop()
    bodies = [json.dumps(shop.sale(name)).encode() for name in "ab"]
    with mock.patch("pos.intake.writer.columns_of", side_effect=OverflowError):
        answers = receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=timezone.now())
    assert [answer.status for answer in answers] == [201, 201]
    assert shop.number("journals") == 2
