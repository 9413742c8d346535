"""Days to close, for tests of the close: a shop with a sale on some of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from recon.closing.close import ClosedDay, close_day
from recon.closing.queries import standing_close
from recon.models import DayClose
from tests.conftest import Shop

DAY = date(2026, 2, 25)
LATER = datetime(2026, 3, 20, 12, tzinfo=UTC)


def sell(shop: Shop, day: date, event_id: str = "", **changes: Any) -> Any:
    """A sale at 09:30 UTC of a day."""
    event_id = event_id or f"evt-{day}"
    answer = shop.send(shop.sale(event_id, occurred_at=f"{day}T09:30:00Z", **changes))
    assert answer.status_code in {201, 202}, answer.content
    return answer


def hold(shop: Shop, day: date, event_id: str = "") -> str:
    """A sale whose totals do not add up: held. Answers the exception's id."""
    answer = sell(shop, day, event_id or f"held-{day}", total_amount=43)
    assert answer.status_code == 202
    exception_id: str = answer.json()["exception_id"]
    return exception_id


def close(shop: Shop, day: date = DAY, **how: Any) -> ClosedDay:
    """Close a day as an accountant does, long after it ended."""
    order: dict[str, Any] = {"actor": "user:anna", "now": LATER} | how
    return close_day(tenant_id=shop.tenant.id, day=day, **order)


def standing(shop: Shop, day: date) -> DayClose:
    """The close by which a day is closed."""
    found = standing_close(shop.tenant.id, day)
    assert found is not None
    return found


def after(day: date, days: int = 1) -> date:
    return day + timedelta(days=days)
