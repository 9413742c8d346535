"""The invariant of lines, tenders and taxes: plant a violation, see exactly that reported."""

import pytest

from pos.sales import retry_failures
from tests.scenes.projection import projected
from tests.scenes.violations import Ground


@pytest.fixture
def rows(ground: Ground) -> Ground:
    """Books whose sales have their rows: two sales, and a move of cash that has none."""
    assert projected(ground.shop, 3) == 3
    assert ground.broken() == {}
    return ground


def journal_of(ground: Ground, key: str) -> str:
    return str(ground.shop.rows("SELECT id FROM journals WHERE tenant_id = %s AND source_key = %s", key)[0][0])


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE sale_lines SET amount_minor = amount_minor + 1 WHERE journal_id = %(journal)s AND line_no = 1",
        "UPDATE sale_lines SET category = 'DEPOSIT' WHERE journal_id = %(journal)s AND line_no = 1",
        "UPDATE sale_lines SET currency = 'EUR' WHERE journal_id = %(journal)s AND line_no = 1",
        "UPDATE sale_lines SET is_return = true WHERE journal_id = %(journal)s AND line_no = 1",
        "UPDATE sale_lines SET line_no = 7 WHERE journal_id = %(journal)s AND line_no = 1",
        "DELETE FROM sale_lines WHERE journal_id = %(journal)s AND line_no = 1",
        "DELETE FROM sale_lines WHERE journal_id = %(journal)s",
        "UPDATE sale_tenders SET method = 'CARD' WHERE journal_id = %(journal)s AND method = 'CASH'",
        "UPDATE sale_tenders SET amount_minor = 1 WHERE journal_id = %(journal)s AND method = 'CARD'",
        "DELETE FROM sale_tenders WHERE journal_id = %(journal)s",
        "UPDATE sale_taxes SET amount_minor = amount_minor - 1 WHERE journal_id = %(journal)s",
        "DELETE FROM sale_taxes WHERE journal_id = %(journal)s",
    ],
)
def test_i44_sees_rows_that_are_not_what_the_header_says(rows: Ground, planted: str) -> None:
    journal = journal_of(rows, "sold")
    rows.plant(planted, journal=journal)
    rows.assert_broken("I44", "sales", journal)


@pytest.mark.parametrize("table", ["sale_lines", "sale_tenders", "sale_taxes"])
def test_i44_sees_rows_of_another_day(rows: Ground, table: str) -> None:
    journal = journal_of(rows, "sold")
    rows.plant(f"UPDATE {table} SET business_date = '2026-02-26' WHERE journal_id = %(journal)s", journal=journal)
    rows.assert_broken("I44", table, f"{journal}/1")


def test_i44_sees_a_mark_that_ran_ahead(rows: Ground) -> None:
    """What was posted since has no rows, and no run will look for it."""
    assert rows.shop.send(rows.shop.sale("late")).status_code == 201
    rows.plant("UPDATE sale_content_marks SET through_xid = '9223372036854775807' WHERE tenant_id = %(tenant)s")
    rows.assert_broken("I44", "sales", journal_of(rows, "late"))


def test_i44_tells_what_could_not_be_read(rows: Ground) -> None:
    journal = journal_of(rows, "sold")
    rows.plant(
        """INSERT INTO sale_content_failures (journal_id, tenant_id, reason)
        VALUES (%(journal)s, %(tenant)s, 'Its event cannot be read.')""",
        journal=journal,
    )
    rows.assert_broken("I44", "sale_content_failures", journal)


def test_i12_sees_rows_of_another_tenant(rows: Ground) -> None:
    journal = journal_of(rows, "sold")
    rows.plant("UPDATE sale_taxes SET journal_id = 0 WHERE journal_id = %(journal)s", journal=journal)
    assert {"I12", "I44"} <= set(rows.broken())


def test_a_failure_goes_when_the_header_can_be_read_again(rows: Ground) -> None:
    assert retry_failures(tenant_id=rows.shop.tenant.id) == 0
    rows.plant(
        "INSERT INTO sale_content_failures (journal_id, tenant_id, reason) VALUES (%(journal)s, %(tenant)s, 'A bug.')",
        journal=journal_of(rows, "sold"),
    )
    rows.raw.commit()
    assert retry_failures(tenant_id=rows.shop.tenant.id) == 1
    assert rows.broken() == {}


def test_i44_sees_a_reference_of_no_tender(rows: Ground) -> None:
    journal = journal_of(rows, "sold")
    rows.plant(
        "INSERT INTO sale_tender_references (journal_id, line_no, tenant_id, reference) "
        "VALUES (%(journal)s, 9, %(tenant)s, 'A-1')",
        journal=journal,
    )
    rows.assert_broken("I44", "sale_tender_references", f"{journal}/9")
