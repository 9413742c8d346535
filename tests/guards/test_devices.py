"""What Postgres refuses of device numbers, their ranges and explanations, whoever writes."""

import psycopg
import pytest

from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.device_numbers import ranges, send_numbers

EXPLAIN = """INSERT INTO device_gap_explanations (tenant_id, device_id, first_seq, last_seq, reason, explained_by)
VALUES (%(tenant)s, '{device}', {first}, {last}, '{reason}', '{by}')"""


@pytest.fixture
def lossy(shop: Shop) -> Shop:
    """A device that has lost 3 to 5 and 8."""
    send_numbers(shop, 1, 2, 6, 7, 9)
    assert ranges(shop) == [(1, 2), (6, 7), (9, 9)]
    return shop


@pytest.mark.parametrize(
    ("attack", "constraint"),
    [
        ("UPDATE events_processed SET device_seq = 3 WHERE device_seq = 6", "events_processed_moves_forward"),
        ("UPDATE events_processed SET device_id = 'x' WHERE device_seq = 6", "events_processed_moves_forward"),
        ("UPDATE device_ranges SET last_seq = 6 WHERE first_seq = 1", "device_ranges_apart"),
        ("UPDATE device_ranges SET last_seq = 5 WHERE first_seq = 1", "device_ranges_apart"),
        ("UPDATE device_ranges SET first_seq = 8 WHERE first_seq = 9", "device_ranges_apart"),
        ("UPDATE device_ranges SET last_seq = 0 WHERE first_seq = 1", "device_ranges_in_order"),
        ("INSERT INTO device_ranges VALUES {row}", "device_ranges_apart"),
    ],
)
def test_it_refuses_to_change_what_came(lossy: Shop, as_owner: Raw, attack: str, constraint: str) -> None:
    with assert_refused_by(constraint):
        if "{row}" in attack:
            attack = "INSERT INTO device_ranges (tenant_id, device_id, first_seq, last_seq) VALUES (%s, 'tab-1', 3, 3)"
        else:
            attack += " AND tenant_id = %s"
        as_owner.execute(attack.encode(), [lossy.tenant.id])


KEY = """
INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, status, payload_hash_first,
    payload_hash_last, first_raw_id, last_raw_id, first_seen_at, last_seen_at, device_id, device_seq)
VALUES (nextval('events_processed_id_seq'), %s, 'attack', '', '', 'quarantined', 'x', 'x', 1, 1, now(), now(), %s, %s)
"""


@pytest.mark.parametrize(
    ("device", "seq", "constraint"),
    [
        ("tab-1", 6, "events_processed_one_per_device_seq"),
        ("tab-1", 0, "events_processed_device_counts"),
        ("tab-1", None, "events_processed_device_counts"),
        (None, 6, "events_processed_device_counts"),
    ],
)
def test_a_number_is_one_key_s(
    lossy: Shop, as_owner: Raw, device: str | None, seq: int | None, constraint: str
) -> None:
    with assert_refused_by(constraint):
        as_owner.execute(KEY.encode(), [lossy.tenant.id, device, seq])


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"first": 2}, "device_gap_explanations_of_a_gap"),
        ({"last": 6}, "device_gap_explanations_of_a_gap"),
        ({"first": 10, "last": 12}, "device_gap_explanations_of_a_gap"),
        ({"device": "nobody"}, "device_gap_explanations_of_a_gap"),
        ({"first": 5, "last": 4}, "device_gap_explanations_in_order"),
        ({"reason": ""}, "device_gap_explanations_by_somebody"),
        ({"by": ""}, "device_gap_explanations_by_somebody"),
    ],
)
def test_it_refuses_to_explain_what_is_not_missing(
    lossy: Shop, as_owner: Raw, changes: dict[str, object], constraint: str
) -> None:
    good: dict[str, object] = {"device": "tab-1", "first": 3, "last": 5, "reason": "lost", "by": "user:anna"}
    with assert_refused_by(constraint):
        as_owner.execute(EXPLAIN.format(**(good | changes)).encode(), {"tenant": lossy.tenant.id})


def test_it_refuses_to_explain_twice_or_to_take_it_back(lossy: Shop, as_owner: Raw) -> None:
    good = EXPLAIN.format(device="tab-1", first=3, last=4, reason="lost", by="user:anna").encode()
    as_owner.execute(good, {"tenant": lossy.tenant.id})
    as_owner.execute(b"SAVEPOINT explained")
    for attack, constraint in (
        (good.replace(b"3, 4", b"4, 5"), "device_gap_explanations_once"),
        (b"UPDATE device_gap_explanations SET reason = 'x'", "device_gap_explanations_append_only"),
        (b"DELETE FROM device_gap_explanations", "device_gap_explanations_append_only"),
        (b"TRUNCATE device_gap_explanations", "device_gap_explanations_append_only"),
    ):
        with assert_refused_by(constraint):
            as_owner.execute(attack, {"tenant": lossy.tenant.id})
        as_owner.execute(b"ROLLBACK TO explained")


@pytest.mark.parametrize("table", ["devices", "device_ranges"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "INSERT INTO {} TABLE {}"])
def test_the_application_cannot_even_try(books: None, as_application: Raw, table: str, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(attack.format(table, table).encode())
