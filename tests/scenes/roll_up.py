"""Rolling sales up in tests, whose server is shared."""

import time

from pos.reports import roll_up_sales
from tests.conftest import Shop


def rolled_up(shop: Shop, number: int) -> int:
    """How many were folded in the end: transactions of other tests on the server hold the horizon back for a while."""
    done, until = 0, time.monotonic() + 30
    while done < number and time.monotonic() < until:
        done += roll_up_sales(tenant_id=shop.tenant.id) or 0
        time.sleep(0.05)
    return done


def roll_up_all(shop: Shop) -> None:
    """Fold every header. :raises AssertionError: transactions of other tests held the horizon back for too long."""
    until = time.monotonic() + 30
    while _folded(shop) < shop.number("sales"):
        assert time.monotonic() < until
        rolled_up(shop, 1)


def _folded(shop: Shop) -> int:
    return int(shop.rows("SELECT coalesce(sum(facts_count), 0) FROM daily_sales WHERE tenant_id = %s")[0][0])
