"""What is planned for each arrival of one request, as if its key were new."""

import logging
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.fx import NO_RATES
from ledgersafe.tenants.principals import Principal
from pos.arrivals import Refusal, read_arrival
from pos.contract import Hold, References
from pos.intake.plan import Plan, hold_unknown_places, make_plans, posts_of
from pos.posting import TenantMemory
from pos.rules import Post, decide_posting
from tests.pos.rules.test_sale import ENVELOPE
from tests.scenes.till import raw

NOW = datetime(2026, 2, 25, 10, tzinfo=UTC)


def memory() -> TenantMemory:
    """A tenant that takes sales and returns."""
    return TenantMemory(
        tenant_id=1, version=1, base_currency="USD", time_zone="UTC", cut_off=time(4), late_window_days=3,
        books_start=date(2026, 1, 1), enabled_event_types=frozenset(["SALE", "RETURN"]), strict_stores=True,
        four_eyes_limit_minor=None, closed_through=None, expires_at=0.0,
    )  # fmt: skip


def plans(*events: dict[str, Any], store: str | None = None, register: str | None = None) -> list[Plan]:
    """The plans of these events, sent with a key of the tenant `t`, perhaps of one store and register."""
    principal = Principal(1, "t", frozenset(), store, register)
    arrivals = [read_arrival(raw(ENVELOPE | {"total_amount": 5} | fields), base_currency="USD") for fields in events]
    return make_plans(arrivals, memory(), principal, NOW, [NO_RATES] * len(arrivals))


def flags(plan: Plan) -> str:
    """What the arrival waits for."""
    return " ".join(name for name in ("follows", "waits", "refers") if getattr(plan, name))


def test_plans_count_from_one_in_the_order_of_the_arrivals() -> None:
    assert [plan.ordinal for plan in plans({}, {"event_id": "b"})] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "bound", "decision"),
    [
        ({}, {}, Post),
        ({"event_type": "PAID_IN"}, {}, "UNKNOWN_EVENT_TYPE"),
        ({"total_amount": "x"}, {}, "SCHEMA_VALIDATION_FAILED"),
        ({"event_id": ""}, {}, "EVENT_ID_UNUSABLE"),
        ({"tenant_id": "other"}, {}, "TENANT_MISMATCH"),
        ({"store_id": "other"}, {}, Post),
        ({"store_id": "other"}, {"store": "s"}, "STORE_MISMATCH"),
        ({"register_id": "other"}, {"store": "s", "register": "r"}, "REGISTER_MISMATCH"),
        ({"register_id": None}, {"store": "s", "register": "r"}, Post),
        ({"tenant_id": "other", "total_amount": "x"}, {}, "TENANT_MISMATCH"),
    ],
)
def test_an_arrival_is_posted_held_or_refused(fields: dict[str, Any], bound: dict[str, str], decision: Any) -> None:
    (plan,) = plans(fields, **bound)
    if isinstance(plan.decision, Post):
        assert decision is Post
    else:
        assert (plan.decision.code if isinstance(plan.decision, Refusal) else plan.decision.reason_code) == decision


RETURN = {"event_type": "RETURN", "references": {"original_event_id": "a"}}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"event_id": "b"}, ""),
        ({"event_id": "a"}, "follows"),
        ({"event_id": "b", "source_event_id": "src"}, "waits"),
        ({"event_id": "a", "source_event_id": "src"}, "follows"),
        ({"event_id": "b", "source_event_id": "src", "source_system": "other"}, ""),
        ({"event_id": "b", "device_id": "d", "device_seq": 1}, "waits"),
        ({"event_id": "b", "device_id": "d", "device_seq": 2}, ""),
        ({"event_id": "b", **RETURN}, "refers"),
        ({"event_id": "b", **RETURN, "source_event_id": "src"}, "waits refers"),
        ({"event_id": "b", "event_type": "RETURN"}, ""),
        ({"event_id": "b", "source_event_id": "src", "tenant_id": "other"}, ""),
    ],
)
def test_later_arrivals_wait_for_what_earlier_ones_claim(second: dict[str, Any], expected: str) -> None:
    first, later = plans({"event_id": "a", "source_event_id": "src", "device_id": "d", "device_seq": 1}, second)
    assert flags(first) == ""
    assert flags(later) == expected
    assert later.is_written_later is bool(expected)


def test_what_waited_is_written_once_it_is_released() -> None:
    (plan,) = plans({**RETURN})
    assert plan.is_written_later
    plan.release()
    assert not plan.is_written_later


def test_a_plan_is_changed_by_its_methods() -> None:
    (plan,) = plans({})
    hold, awaits = Hold("MISSING_REFERENCE", "waits"), References("a", None)
    plan.decide(hold, awaits=awaits)
    assert (plan.decision, plan.awaits, plan.claims) == (hold, awaits, True)
    plan.hold(replace(hold, message="again"))
    assert (plan.decision, plan.claims) == (replace(hold, message="again"), True)
    plan.hold_without_claims(hold)
    assert (plan.decision, plan.claims) == (hold, False)


def test_a_bug_in_a_rule_holds_its_event_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Any, *args: Any, **options: Any) -> Any:
        if event.event_id == "b":
            raise KeyError("a bug")
        return decide_posting(event, *args, **options)

    monkeypatch.setattr("pos.intake.plan.decide_posting", broken)
    with caplog.at_level(logging.ERROR):
        good, bad = plans({"event_id": "a"}, {"event_id": "b"})
    assert isinstance(good.decision, Post)
    assert isinstance(bad.decision, Hold)
    assert bad.decision.reason_code == "PROCESSING_FAILED"
    assert "event b" in caplog.text
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    ("unknown", "held"),
    [(set(), []), ({("s", None)}, ["a", "b"]), ({("s", "r2")}, ["b"]), ({("other", None), ("s", "r3")}, [])],
)
def test_events_of_unknown_places_are_held(unknown: set[Any], held: list[str]) -> None:
    two = plans({"event_id": "a"}, {"event_id": "b", "register_id": "r2"})
    hold_unknown_places(two, unknown)
    assert [plan.arrival.event_id for plan in two if isinstance(plan.decision, Hold)] == held
    assert len(posts_of(two)) == 2 - len(held)
