"""What Postgres refuses of the daily sales, whoever writes."""

import psycopg
import pytest

from tests.conftest import Shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.roll_up import rolled_up


@pytest.fixture
def rolled(shop: Shop) -> Shop:
    """A shop whose only sale is rolled up."""
    assert shop.send(shop.sale()).status_code == 201
    assert rolled_up(shop, 1) == 1
    return shop


ANOTHER = """INSERT INTO daily_sales SELECT (jsonb_populate_record(d, '{"store_code": "elsewhere"}')).*
FROM daily_sales d WHERE tenant_id = %s"""
MOVE = "UPDATE daily_sales_marks SET folded_by = pg_current_xact_id(), through_xid = {} WHERE tenant_id = %s"


@pytest.mark.parametrize(
    ("attack", "constraint"),
    [
        ("UPDATE daily_sales SET items_count = 7 WHERE tenant_id = %s", "daily_sales_with_their_mark"),
        (ANOTHER, "daily_sales_with_their_mark"),
        ("UPDATE daily_sales SET total_minor = 7 WHERE tenant_id = %s", "daily_sales_parts_make_the_total"),
        ("UPDATE daily_sales SET facts_count = -1 WHERE tenant_id = %s", "daily_sales_of_facts"),
        ("DELETE FROM daily_sales WHERE tenant_id = %s", "daily_sales_kept"),
        ("DELETE FROM daily_sales_marks WHERE tenant_id = %s", "daily_sales_marks_kept"),
        (MOVE.format("through_xid"), "daily_sales_marks_forward"),
        (MOVE.format("'3'"), "daily_sales_marks_forward"),
        (MOVE.format("(through_xid::text::bigint + 1000000)::text::xid8"), "daily_sales_marks_settled"),
        ("UPDATE daily_sales_marks SET cluster = 1 WHERE tenant_id = %s", "daily_sales_marks_settled"),
    ],
)
def test_it_refuses_to_change_gold_by_hand(rolled: Shop, as_owner: Raw, attack: str, constraint: str) -> None:
    with assert_refused_by(constraint):
        as_owner.execute(attack.encode(), [rolled.tenant.id])


@pytest.mark.parametrize(
    ("table", "constraint"), [("daily_sales", "daily_sales_kept"), ("daily_sales_marks", "daily_sales_marks_kept")]
)
def test_it_refuses_to_empty_gold(as_owner: Raw, table: str, constraint: str) -> None:
    with assert_refused_by(constraint):
        as_owner.execute(f"TRUNCATE {table}".encode())


@pytest.mark.parametrize("table", ["daily_sales", "daily_sales_marks"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "INSERT INTO {} TABLE {}"])
def test_the_application_cannot_even_try(books: None, as_application: Raw, table: str, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(attack.format(table, table).encode())
