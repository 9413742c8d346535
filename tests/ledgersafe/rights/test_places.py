"""A key of one store or register sees and touches what is there, and nothing else."""

from typing import Any

import pytest

from ledgersafe.tenants.models import SCOPES
from tests.conftest import Shop
from tests.ledgersafe.rights.world import PLACE_SCOPES, World, build
from tests.pos.api.test_credentials import key_of

DAY = {"from": "2026-02-25", "to": "2026-02-25"}
LISTS = [
    ("events", {}, {"s1-r1", "s1-r1-held"}, {"s1-r2", "s1-r2-held"}),
    ("sales", DAY, {"s1-r1"}, {"s1-r2"}),
    ("exceptions", {}, {"s1-r1-held"}, {"s1-r2-held"}),
]
NOTES = {"action": "override_and_replay", "resolution_notes": "Theirs or not."}


@pytest.fixture
def two() -> World:
    """A tenant of its own, which the test changes."""
    return build()


def bound(world: World, register: str | None = None, store: str = "s1") -> Shop:
    """The tenant, by a key of a place."""
    return Shop(world.shop.tenant, world.key(*PLACE_SCOPES, store=store, register=register), world.shop.principal)


def names(answer: Any, world: World) -> set[str]:
    """Event ids of a list, without the tenant."""
    assert answer.status_code == 200, answer.content
    ids = [item.get("event_id") or item["idempotency_key"] for item in answer.json()["items"]]
    return {str(name).removeprefix(f"{world.shop.slug}-") for name in ids}


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("path", "asked", "of_register", "of_others"), LISTS)
def test_lists_are_of_the_place(
    world: World, path: str, asked: dict[str, str], of_register: set[str], of_others: set[str]
) -> None:
    store, register = bound(world), bound(world, "r1")
    assert names(store.get(f"/v1/{path}", **asked), world) == of_register | of_others
    assert names(store.get(f"/v1/{path}", **asked, store_id="s2"), world) == set()
    if path != "exceptions":  # a till's own held events are in its own arrivals
        assert names(register.get(f"/v1/{path}", **asked), world) == of_register


def test_drawers_are_of_the_place(world: World) -> None:
    for register, expected in ((None, {("s1", "r1"), ("s1", "r2")}), ("r1", {("s1", "r1")})):
        shop = bound(world, register)
        items = shop.get("/v1/pos/ledgers").json()["items"]
        assert {(item["store_id"], item["register_id"]) for item in items} == expected
        assert shop.get("/v1/pos/ledgers", store_id="s2").json()["items"] == []


def test_reports_are_of_the_store(world: World) -> None:
    shop = bound(world)
    days = shop.get("/v1/reports/daily-sales", **DAY).json()
    assert {item["store_id"] for item in days["items"]} == {"s1"}
    for path in ("articles", "taxes"):
        whole, own = (one.get(f"/v1/reports/{path}", **DAY).json()["items"] for one in (world.shop, shop))
        assert len(own) == len(whole)
        assert own != whole  # of two registers, not of three
    for path in ("daily-sales", "articles", "taxes"):
        assert shop.get(f"/v1/reports/{path}", **DAY, store_id="s2").json()["items"] == []


def test_a_sale_does_not_tell_what_another_store_did_to_it(two: World) -> None:
    event_id = two.at["s1", "r1"]["event_id"]
    back = two.shop.sale("back", event_type="RETURN", store_id="s2", register_id="r1", txn_id="txn-back")
    assert two.shop.send(back | {"references": {"original_event_id": event_id}}).status_code == 201
    assert [row["event_id"] for row in two.shop.get(f"/v1/sales/{event_id}").json()["referred_by"]] == ["back"]
    for register in (None, "r1"):
        assert bound(two, register).get(f"/v1/sales/{event_id}").json()["referred_by"] == []


def test_health_tells_a_bound_key_nothing_of_the_tenant(world: World) -> None:
    assert "counts" in world.shop.get("/v1/health").json()
    for register in (None, "r1"):
        answer = bound(world, register).get("/v1/health")
        assert (answer.status_code, set(answer.json())) == (200, {"status", "db", "db_time"})


def test_a_register_finds_what_it_sent_before_its_key_was_rotated(two: World) -> None:
    """A successor is bound to the same register."""
    again = Shop(two.shop.tenant, two.key("events:read", store="s1", register="r1"), two.shop.principal)
    assert names(again.get("/v1/events"), two) == {"s1-r1", "s1-r1-held"}


# ── Changing ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("place", "register"), [(("s2", "r1"), None), (("s1", "r2"), "r1")])
def test_no_drawer_elsewhere_is_opened_or_used(world: World, place: tuple[str, str], register: str | None) -> None:
    shop, before = bound(world, register), world.shop.number("financial_transactions")
    for store, till in (place, (place[0], "r9")):
        opened = {"store_id": store, "register_id": till, "starting_cash": 0}
        answer = shop.post("/v1/pos/ledgers", opened, HTTP_X_IDEMPOTENCY_KEY=f"open-{store}-{till}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    body: dict[str, Any] = {"type": "CASH_IN", "amount": 5, "method": "CASH"}
    body |= {"ledger_id": int(world.at[place]["drawer_id"])}
    answer = shop.post("/v1/pos/transactions", body, HTTP_X_IDEMPOTENCY_KEY=f"cash-{place}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert world.shop.number("financial_transactions") == before


def test_a_bulk_decision_finds_only_the_stores_own(two: World) -> None:
    ours, theirs = two.at["s1", "r1"]["case_id"], two.at["s2", "r1"]["case_id"]
    body = {"exception_ids": [ours, theirs], "action": "mark_resolved_no_replay", "resolution_notes": "Bulk."}
    results = bound(two).post("/v1/exceptions/bulk-resolve", body).json()["results"]
    assert [row.get("code") or row["status"] for row in results] == ["resolved", "NOT_FOUND"]
    assert two.shop.get(f"/v1/exceptions/{theirs}").json()["exception"]["status"] == "open"


# ── One event id, two stores ────────────────────────────────────────────────────────────────────
@pytest.fixture
def contested(two: World) -> str:
    """What stands in s2's books, s1 has sent differently: a case of s1's. :returns: its id."""
    event_id = two.at["s2", "r1"]["event_id"]
    ours = two.shop.sale(event_id, store_id="s1", register_id="r1", total_amount=43)
    answer = bound(two).send(ours)
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "IDEMPOTENCY_CONFLICT")
    return str(answer.json()["exception_id"])


@pytest.mark.parametrize(
    "decision",
    [
        NOTES | {"canonical": "LAST", "override_patch": {"total_amount": "42.50"}},
        NOTES | {"canonical": "FIRST"},
        {"action": "mark_resolved_no_replay", "resolution_notes": "Drop ours."},
    ],
)
@pytest.mark.parametrize("verb", ["resolve", "preview"])
def test_a_store_does_not_decide_what_another_has_posted(
    two: World, contested: str, verb: str, decision: dict[str, Any]
) -> None:
    before = two.shop.number("journals")
    answer = bound(two).post(f"/v1/exceptions/{contested}/{verb}", decision)
    assert (answer.status_code, answer.json()["code"]) == (403, "STORE_MISMATCH")
    assert two.shop.number("journals") == before
    assert two.shop.get(f"/v1/exceptions/{contested}").json()["exception"]["status"] == "open"


def test_nor_in_bulk_and_a_key_of_the_whole_tenant_does(two: World, contested: str) -> None:
    body = NOTES | {"exception_ids": [contested], "canonical": "FIRST"}
    (row,) = bound(two).post("/v1/exceptions/bulk-resolve", body).json()["results"]
    assert (row["status"], row["code"]) == ("refused", "STORE_MISMATCH")
    answer = key_of(two.shop, list(SCOPES)).post(f"/v1/exceptions/{contested}/resolve", NOTES | {"canonical": "FIRST"})
    assert answer.status_code == 200, answer.content


def test_what_the_other_store_sent_stays_hidden(two: World, contested: str) -> None:
    seen = bound(two).get(f"/v1/exceptions/{contested}").json()
    assert seen["raw_event"]["store_id"] == "s1"
    assert (seen["first_raw_event"], seen["diff"]) == (None, [])
    assert [version["payload_json"] is None for version in seen["versions"]] == [True, False]
    whole = two.shop.get(f"/v1/exceptions/{contested}").json()
    assert whole["first_raw_event"]["store_id"] == "s2"
    assert whole["diff"]
