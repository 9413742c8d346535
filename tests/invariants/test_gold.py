"""The invariant of gold: plant a figure, see exactly that reported."""

import pytest

from tests.scenes.roll_up import roll_up_all
from tests.scenes.violations import Ground

PLACE = "2026-02-25 store-1 USD"


@pytest.fixture
def rolled(ground: Ground) -> Ground:
    """Books whose daily sales are rolled up."""
    roll_up_all(ground.shop)
    assert ground.broken() == {}
    return ground


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE daily_sales SET items_count = items_count + 1 WHERE tenant_id = %(tenant)s",
        "UPDATE daily_sales SET moved_cash_minor = 0 WHERE tenant_id = %(tenant)s",
        "UPDATE daily_sales SET facts_count = 0 WHERE tenant_id = %(tenant)s",
        "DELETE FROM daily_sales WHERE tenant_id = %(tenant)s",
    ],
)
def test_i43_sees_daily_sales_that_are_not_what_their_headers_come_to(rolled: Ground, planted: str) -> None:
    rolled.plant(planted)
    rolled.assert_broken("I43", "daily_sales", PLACE)


def test_i43_sees_daily_sales_of_no_header(rolled: Ground) -> None:
    rolled.plant("UPDATE daily_sales SET store_code = 'elsewhere' WHERE tenant_id = %(tenant)s")
    rolled.assert_broken("I43", "daily_sales", "2026-02-25 elsewhere USD")


def test_i43_sees_a_mark_that_ran_ahead(rolled: Ground) -> None:
    """What was posted since is neither in the roll-up nor read beside it."""
    assert rolled.shop.send(rolled.shop.sale("late")).status_code == 201
    rolled.plant("UPDATE daily_sales_marks SET through_xid = '9223372036854775807' WHERE tenant_id = %(tenant)s")
    rolled.assert_broken("I43", "daily_sales", PLACE)
