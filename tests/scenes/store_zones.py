"""Stores in other time zones, for tests of whose day something belongs to. The shop itself keeps UTC."""

from datetime import UTC, date, datetime
from typing import Any

from ledgersafe import setup
from ledgersafe.tenants.models import Store
from tests.conftest import Shop

WEST, EAST = "America/Los_Angeles", "Asia/Tokyo"
DAY = date(2026, 2, 25)


def add_store(shop: Shop, code: str, time_zone: str) -> Store:
    """A store with a clock of its own."""
    return setup.create_store(slug=shop.slug, code=code, time_zone=time_zone, actor="user:eve")


def sell_in(shop: Shop, store: str, instant: str, event_id: str = "", **changes: Any) -> Any:
    """A sale of 42.50 in a store, at an instant without seconds or zone: UTC."""
    event_id = event_id or f"{store}-{instant}"
    return shop.send(shop.sale(event_id, store_id=store, occurred_at=utc(instant).isoformat(), **changes))


def day_in(shop: Shop, store: str, instant: str, **changes: Any) -> date:
    """The business day a sale is posted on."""
    event_id = f"{store}-{instant}-{len(changes)}"
    answer = sell_in(shop, store, instant, event_id, **changes)
    assert answer.status_code == 201, answer.content
    return posted_on(shop, event_id)[0]


def posted_on(shop: Shop, event_id: str) -> tuple[date, bool]:
    """The business day of an event's journal that stands, and whether it was late."""
    sql = """SELECT j.business_date, j.is_late FROM events_processed k JOIN journals j ON j.id = k.journal_id
             WHERE k.tenant_id = %s AND k.idempotency_key = %s"""
    [(day, is_late)] = shop.rows(sql, event_id)
    return day, is_late


def utc(instant: str) -> datetime:
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)
