"""Events of devices whose clock is wrong, through the API: what the books use, what bronze keeps, what people see."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from exceptions.decisions import LAST
from tests.conftest import Shop
from tests.pos.decisions.test_resolve import decide
from tests.scenes.returns import about


def ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def slow(shop: Shop, event: Any, *, by: float) -> Any:
    """Send as a device does whose clock is so many hours slow (or fast, if negative)."""
    return shop.send(event, HTTP_X_DEVICE_TIME=ago(by).isoformat())


def happened(shop: Shop, event_id: str) -> tuple[datetime, datetime]:
    """When the books say an event happened: its journal and its header."""
    rows = shop.rows(
        "SELECT j.occurred_at, s.occurred_at FROM journals j JOIN sales s ON s.journal_id = j.id"
        " WHERE j.tenant_id = %s AND j.source_key = %s ORDER BY j.id DESC LIMIT 1",
        event_id,
    )
    return rows[0][0], rows[0][1]


def is_about(moment: datetime, hours: float) -> bool:
    return abs(moment - ago(hours)) < timedelta(seconds=30)


def test_a_slow_clock_is_corrected_and_three_instants_are_kept(shop: Shop) -> None:
    claimed = ago(49).replace(microsecond=0)
    answer = slow(shop, shop.sale("late", occurred_at=claimed.isoformat()), by=48)
    assert answer.status_code == 201
    journal, header = happened(shop, "late")
    assert journal == header
    assert is_about(journal, 1)
    detail = shop.get(f"/v1/events/{answer.json()['raw_id']}").json()
    assert datetime.fromisoformat(detail["occurred_at"]) == claimed
    assert datetime.fromisoformat(detail["corrected_at"]) == journal
    off = datetime.fromisoformat(detail["received_at"]) - datetime.fromisoformat(detail["device_sent_at"])
    assert journal - claimed == off
    day = shop.rows("SELECT business_date FROM journals WHERE tenant_id = %s")[0][0]
    assert day == journal.date()


def test_a_fast_clock_is_corrected_where_it_would_be_held_for_the_future(shop: Shop) -> None:
    event = shop.sale("early", occurred_at=ago(-2).isoformat())
    assert slow(shop, event | {"event_id": "bare"}, by=0).json()["reason_code"] == "CLOCK_SKEW"
    assert slow(shop, event, by=-2.5).status_code == 201
    assert is_about(happened(shop, "early")[0], 0.5)


def test_every_event_of_a_batch_is_corrected_by_its_request(shop: Shop) -> None:
    events = [shop.sale(f"e{n}", occurred_at=ago(30 + n).isoformat()) for n in range(3)]
    answer = shop.post("/v1/events/batch", {"events": events}, HTTP_X_DEVICE_TIME=ago(30).isoformat())
    assert answer.json()["counts"] == {"processed": 3}
    assert all(is_about(happened(shop, f"e{n}")[0], n) for n in range(3))


@pytest.mark.parametrize("header", ["yesterday", "2026-02-25T12:00:00", "1" * 5_000, "\u00fcber"])
def test_a_malformed_header_refuses_nothing_and_is_kept(shop: Shop, header: str) -> None:
    answer = shop.send(shop.sale(), HTTP_X_DEVICE_TIME=header)
    assert answer.status_code == 201
    detail = shop.get(f"/v1/events/{answer.json()['raw_id']}").json()
    assert detail["headers"]["X-Device-Time"] == header[:1_000]
    assert (detail["device_sent_at"], detail["corrected_at"]) == (None, None)


def test_a_clock_that_is_right_is_kept_and_corrects_nothing(shop: Shop) -> None:
    answer = slow(shop, shop.sale(), by=0)
    detail = shop.get(f"/v1/events/{answer.json()['raw_id']}").json()
    assert detail["device_sent_at"] is not None
    assert detail["corrected_at"] is None
    assert happened(shop, "evt-1")[0] == datetime.fromisoformat("2026-02-25T09:30:00Z")


def test_a_retry_by_another_clock_is_the_same_event(shop: Shop) -> None:
    event = shop.sale("again", occurred_at=ago(20).isoformat())
    assert slow(shop, event, by=19).status_code == 201
    first = happened(shop, "again")
    retry = slow(shop, event, by=5)
    assert (retry.status_code, retry.json()["result"]) == (200, "duplicate")
    assert happened(shop, "again") == first


def test_what_is_claimed_after_it_was_sent_is_held_and_posted_as_claimed_by_a_person(shop: Shop) -> None:
    claimed = ago(3).replace(microsecond=0)
    answer = slow(shop, shop.sale("odd", occurred_at=claimed.isoformat()), by=4)
    assert answer.json()["reason_code"] == "CLOCK_SKEW"
    decide(shop, answer.json()["exception_id"])
    assert happened(shop, "odd")[0] == claimed


def test_what_waited_for_its_sale_keeps_its_corrected_instant(shop: Shop) -> None:
    back = about(shop, "RETURN", "back", total_amount=5, occurred_at=ago(25).isoformat())
    assert slow(shop, back, by=24).json()["reason_code"] == "MISSING_REFERENCE"
    assert shop.send(shop.sale("sold")).status_code == 201
    assert is_about(happened(shop, "back")[0], 1)


def held_case(shop: Shop, **fields: Any) -> str:
    """A sale of a device 24 hours slow, held for its totals. :returns: the open case."""
    wrong = shop.sale("held", occurred_at=ago(26).isoformat(), total_amount=1, **fields)
    answer = slow(shop, wrong, by=24)
    assert answer.json()["reason_code"] == "TOTALS_MISMATCH"
    return str(answer.json()["exception_id"])


def test_a_patch_of_something_else_leaves_the_correction(shop: Shop) -> None:
    decide(shop, held_case(shop), patch={"total_amount": 42.5})
    assert is_about(happened(shop, "held")[0], 2)


def test_a_patched_instant_is_taken_as_it_is(shop: Shop) -> None:
    patch = {"total_amount": 42.5, "occurred_at": "2026-02-25T09:30:00Z"}
    decide(shop, held_case(shop), patch=patch)
    assert happened(shop, "held")[0] == datetime.fromisoformat("2026-02-25T09:30:00Z")


def test_a_version_that_is_chosen_happened_by_its_own_clock(shop: Shop) -> None:
    assert slow(shop, shop.sale(occurred_at=ago(26).isoformat()), by=24).status_code == 201
    other = shop.sale(occurred_at=ago(15).isoformat(), reason="second version")
    case = slow(shop, other, by=10).json()["exception_id"]
    decide(shop, case, canonical=LAST)
    assert is_about(happened(shop, "evt-1")[0], 5)


def test_a_retry_that_is_chosen_happened_by_the_clock_of_the_first(shop: Shop) -> None:
    assert shop.send(shop.sale()).status_code == 201
    other = shop.sale(occurred_at=ago(15).isoformat(), reason="second version")
    case = slow(shop, other, by=10).json()["exception_id"]
    retry = slow(shop, other, by=0).json()
    assert retry["reason_code"] == "ALREADY_QUARANTINED"
    decide(shop, case, canonical_raw_id=retry["raw_id"])
    assert is_about(happened(shop, "evt-1")[0], 5)


def test_what_was_held_unread_is_corrected_once_it_is_patched(shop: Shop) -> None:
    unknown = shop.sale("held", occurred_at=ago(26).isoformat(), event_type="TIP_JAR")
    case = slow(shop, unknown, by=24).json()["exception_id"]
    retry = slow(shop, unknown, by=20).json()["raw_id"]
    decide(shop, case, canonical_raw_id=retry, patch={"event_type": "SALE"})
    assert is_about(happened(shop, "held")[0], 6)


def test_a_corrected_sale_that_is_corrected_again_keeps_its_instants(shop: Shop) -> None:
    assert slow(shop, shop.sale("sold", occurred_at=ago(12).isoformat()), by=10).status_code == 201
    fixed = about(shop, "CORRECTION", "fix", total_amount=40, method="cash", occurred_at=ago(11).isoformat())
    assert slow(shop, fixed, by=10).status_code == 201
    assert is_about(happened(shop, "fix")[0], 1)
