"""I00 and the clocks of stores: a journal on another day than its store's clock says is seen."""

from tests.invariants.test_silver import JOURNAL
from tests.scenes.violations import Ground

MOVED = """
WITH day AS (
    INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status)
    SELECT tenant_id, business_date + 1, ends_at, ends_at + interval '1 day', 'open' FROM periods
    WHERE tenant_id = %(tenant)s), moved AS (
    UPDATE postings SET business_date = '2026-02-26' WHERE journal_id = %(id)s), header AS (
    UPDATE sales SET business_date = '2026-02-26' WHERE journal_id = %(id)s)
UPDATE journals SET business_date = '2026-02-26' WHERE id = %(id)s
"""


def test_i00_sees_a_journal_on_another_day_than_its_own(ground: Ground) -> None:
    journal = ground.plant(JOURNAL, key="sold")
    ground.plant(MOVED, id=journal)
    ground.assert_broken("I00", "journals", journal)


def test_i00_sees_a_store_whose_clock_was_changed_after_it_posted(ground: Ground) -> None:
    """09:30 UTC is the evening before on the date line."""
    ground.plant("UPDATE stores SET time_zone = 'Etc/GMT+12' WHERE tenant_id = %(tenant)s AND code = 'store-1'")
    broken = ground.broken()
    assert set(broken) == {"I00"}
    assert {violation.message for violation in broken["I00"]} == {
        "business_date is 2026-02-25, the rules give 2026-02-24"
    }
