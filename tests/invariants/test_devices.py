"""The invariant of device sequences: plant a violation, see exactly that reported. An open gap is none."""

import pytest

from tests.scenes.device_numbers import explain, ranges, send_numbers
from tests.scenes.violations import Ground

KEY = "SELECT id FROM events_processed WHERE tenant_id = %(tenant)s AND device_seq = 6"
EXPLANATION = "SELECT id FROM device_gap_explanations WHERE tenant_id = %(tenant)s"


@pytest.fixture
def lossy(ground: Ground) -> Ground:
    """A device that has lost 3 to 5, which is explained, and 8, which is not."""
    send_numbers(ground.shop, 1, 2, 6, 7, 9)
    assert explain(ground.shop, 3, 5).status_code == 201
    assert ranges(ground.shop) == [(1, 2), (6, 7), (9, 9)]
    assert ground.broken() == {}
    return ground


@pytest.mark.parametrize(
    ("planted", "row"),
    [
        ("UPDATE device_ranges SET last_seq = 4 WHERE tenant_id = %(tenant)s AND first_seq = 1", "tab-1 1"),
        ("UPDATE device_ranges SET device_id = 'x' WHERE tenant_id = %(tenant)s AND first_seq = 1", "x 1"),
        ("UPDATE device_ranges SET first_seq = 8 WHERE tenant_id = %(tenant)s AND first_seq = 9", "tab-1 6"),
    ],
)
def test_i13_sees_ranges_that_are_not_what_came(lossy: Ground, planted: str, row: str) -> None:
    lossy.plant(planted)
    lossy.assert_broken("I13", "device_ranges", row)


def test_i13_sees_a_number_that_was_never_folded(lossy: Ground) -> None:
    key = lossy.plant(KEY)
    lossy.plant("DELETE FROM device_ranges WHERE tenant_id = %(tenant)s AND first_seq = 6")
    assert lossy.broken() == {}, "it may be that it was not folded yet"
    lossy.plant("UPDATE devices SET last_received_at = now() + interval '1 hour' WHERE tenant_id = %(tenant)s")
    lossy.assert_broken("I13", "events_processed", key)


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE device_gap_explanations SET explained_by = '' WHERE tenant_id = %(tenant)s",
        "UPDATE device_gap_explanations SET reason = '' WHERE tenant_id = %(tenant)s",
        "UPDATE device_gap_explanations SET device_id = 'x' WHERE tenant_id = %(tenant)s",
        "UPDATE device_gap_explanations SET first_seq = 10, last_seq = 11 WHERE tenant_id = %(tenant)s",
    ],
)
def test_i13_sees_an_explanation_by_nobody_or_of_nothing(lossy: Ground, planted: str) -> None:
    row = lossy.plant(EXPLANATION)
    lossy.raw.execute(b"ALTER TABLE device_gap_explanations DROP CONSTRAINT device_gap_explanations_by_somebody")
    lossy.plant(planted)
    lossy.assert_broken("I13", "device_gap_explanations", row)


def test_i13_sees_explanations_that_overlap(lossy: Ground) -> None:
    row = lossy.plant(EXPLANATION)
    lossy.plant(
        """INSERT INTO device_gap_explanations (tenant_id, device_id, first_seq, last_seq, reason, explained_by)
        VALUES (%(tenant)s, 'tab-1', 4, 5, 'again', 'user:anna') RETURNING id"""
    )
    lossy.assert_broken("I13", "device_gap_explanations", row)
