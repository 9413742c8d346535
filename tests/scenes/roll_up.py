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
