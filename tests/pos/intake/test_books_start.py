"""The first business day of a tenant's books: what claims to be older is held, until they start earlier."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from pos.decisions import ReplayValidationFailed
from pos.models import ReplayJob
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.ledgersafe.setup.test_access_commands import run
from tests.pos.decisions.test_resolve import decide
from tests.scenes.drawers import command
from tests.scenes.fx import open_banks, quote, settlement
from tests.scenes.transfers import entry, open_accounts, transfer

ACTOR = "user:eve"


@pytest.fixture
def young(books: None) -> Shop:
    """A shop whose tenant was made just now, with the books' start it gets by itself."""
    return open_shop(books_start="")


def start_on(shop: Shop, day: date | str) -> None:
    setup.change_tenant(slug=shop.slug, changes={"books_start": str(day)}, actor=ACTOR)


def days_of(shop: Shop) -> list[date]:
    rows = shop.rows("SELECT business_date FROM periods WHERE tenant_id = %s ORDER BY 1")
    return [day for (day,) in rows]


def at(day: date, hour: int = 12) -> str:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).isoformat()


def assert_held(answer: Any, shop: Shop) -> None:
    assert (answer.status_code, answer.json().get("reason_code")) == (202, "CLOCK_SKEW"), answer.content
    case = shop.get(f"/v1/exceptions/{answer.json()['exception_id']}").json()
    assert f"before the books start on {shop.tenant.books_start}" in str(case)


# ── What is older ───────────────────────────────────────────────────────────────────────────────
def test_books_start_thirty_days_before_their_tenant_was_made_by_its_clock(books: None) -> None:
    for zone in ("UTC", "Pacific/Kiritimati", "Etc/GMT+12"):
        tenant = open_shop(books_start="", time_zone=zone).tenant
        assert tenant.books_start == timezone.now().astimezone(ZoneInfo(zone)).date() - timedelta(days=30)


def test_a_dead_battery_opens_no_day_of_2014_whatever_its_own_clock_says(young: Shop) -> None:
    dead = young.sale(occurred_at="2014-01-01T00:00:07Z")
    assert_held(young.send(dead), young)
    assert_held(young.send(dead | {"event_id": "said"}, HTTP_X_DEVICE_TIME="2014-01-01T00:00:09Z"), young)
    assert days_of(young) == []
    assert_books_clean(young.tenant.id)


def test_a_clock_that_is_corrected_to_a_day_before_is_held_as_well(young: Shop) -> None:
    """The device's clock is 20 days fast: what it says of 15 days ago happened 35 days ago."""
    now = timezone.now()
    claimed, says = now - timedelta(days=15), now + timedelta(days=20)
    answer = young.send(young.sale(occurred_at=claimed.isoformat()), HTTP_X_DEVICE_TIME=says.isoformat())
    assert_held(answer, young)
    slow = young.sale("slow", occurred_at=(now - timedelta(days=40)).isoformat())
    says = now - timedelta(days=39)
    assert young.send(slow, HTTP_X_DEVICE_TIME=says.isoformat()).status_code == 201


def test_the_first_day_is_posted_and_the_one_before_is_not(young: Shop) -> None:
    first = young.tenant.books_start
    assert young.send(young.sale("on", occurred_at=at(first))).status_code == 201
    assert_held(young.send(young.sale("before", occurred_at=at(first - timedelta(days=1)))), young)
    counts = young.post(
        "/v1/events/batch",
        {"events": [young.sale(f"b{n}", occurred_at=at(first + timedelta(days=n))) for n in (-2, -1, 0, 1)]},
    ).json()["counts"]
    assert counts == {"quarantined": 2, "processed": 2}
    assert days_of(young) == [first, first + timedelta(days=1)]


def test_a_date_that_the_event_names_counts(young: Shop) -> None:
    first = young.tenant.books_start
    before = str(first - timedelta(days=1))
    assert_held(young.send(young.sale("dated", occurred_at=at(first), business_date=before)), young)
    onto = young.sale("onto", occurred_at=at(first - timedelta(days=1)), business_date=str(first))
    assert young.send(onto).status_code == 201
    assert days_of(young) == [first]


def test_a_person_cannot_date_it_before_either(young: Shop) -> None:
    first = young.tenant.books_start
    case = young.send(young.sale(occurred_at=at(first), total_amount=43)).json()
    patch = {"total_amount": 42.5, "business_date": str(first - timedelta(days=1))}
    with pytest.raises(ReplayValidationFailed, match="before the books start on") as refusal:
        decide(young, case["exception_id"], patch=patch)
    assert refusal.value.context["reason_code"] == "CLOCK_SKEW"


# ── Moving it ───────────────────────────────────────────────────────────────────────────────────
def test_once_the_books_start_earlier_what_was_held_is_posted_by_a_replay(young: Shop) -> None:
    first = young.tenant.books_start
    old = first - timedelta(days=10)
    assert young.send(young.sale("now", occurred_at=at(first))).status_code == 201
    assert_held(young.send(young.sale("old", occurred_at=at(old))), young)
    assert_held(young.send(young.sale("older", occurred_at=at(old - timedelta(days=1)))), young)
    start_on(young, old)
    run("replay", "--tenant", young.slug, "--reason", "CLOCK_SKEW", "--notes", "The till was offline.")
    done = ReplayJob.objects.get(tenant=young.tenant)
    assert (done.resolved, done.refused, done.refusals) == (1, 1, {"CLOCK_SKEW": 1})
    assert days_of(young) == [old, first]
    assert young.send(young.sale("next", occurred_at=at(old))).status_code == 201
    assert_books_clean(young.tenant.id)


def test_a_process_that_remembers_another_start_learns_of_it_when_it_posts(young: Shop) -> None:
    first = young.tenant.books_start
    assert young.send(young.sale("warm", occurred_at=at(first + timedelta(days=3)))).status_code == 201
    start_on(young, first + timedelta(days=2))
    assert young.send(young.sale("late", occurred_at=at(first))).status_code == 202
    start_on(young, first)
    assert young.send(young.sale("again", occurred_at=at(first))).status_code == 201


def test_it_is_never_later_than_the_first_day_there_is(young: Shop) -> None:
    first = young.tenant.books_start
    assert young.send(young.sale(occurred_at=at(first + timedelta(days=5)))).status_code == 201
    with pytest.raises(setup.BooksStartFixed):
        start_on(young, first + timedelta(days=6))
    start_on(young, first + timedelta(days=5))
    start_on(young, first - timedelta(days=900))
    moved = AuditEntry.objects.filter(tenant=young.tenant, action="tenants.tenant.changed").order_by("id")
    assert moved[0].before == {"books_start": str(first)}
    assert moved[0].after == {"books_start": str(first + timedelta(days=5))}


# ── What is posted by hand ──────────────────────────────────────────────────────────────────────
def test_nothing_is_transferred_to_a_day_before(young: Shop) -> None:
    first = young.tenant.books_start
    open_accounts(young, "A", "B")
    lines = entry("A", "1.00"), entry("B", "-1.00")

    def transferred(day: date) -> Any:
        return young.post("/v1/transfers", transfer(*lines, idempotency_key=f"k-{day}", value_date=str(day)))

    answer = transferred(first - timedelta(days=1))
    assert (answer.status_code, answer.json()["code"]) == (409, "BEFORE_BOOKS_START")
    assert answer.json()["books_start"] == str(first)
    done = transferred(first)
    assert done.status_code == 201
    undo = f"/v1/journals/{done.json()['journal_id']}/reverse"
    answer = young.post(undo, {"value_date": str(first - timedelta(days=1))}, HTTP_X_IDEMPOTENCY_KEY="undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "BEFORE_BOOKS_START")
    start_on(young, first - timedelta(days=1))
    assert transferred(first - timedelta(days=1)).status_code == 201


def test_a_rate_may_be_older_a_settlement_may_not(young: Shop) -> None:
    first = young.tenant.books_start
    quote(young, valid_from="2020-01-01T00:00:00Z")
    quote(young)
    open_banks(young)
    request = settlement(value_date=str(first - timedelta(days=1)))
    answer = young.post("/v1/fx/settlements", request)
    assert (answer.status_code, answer.json()["code"]) == (409, "BEFORE_BOOKS_START")
    assert young.post("/v1/fx/settlements", settlement()).status_code == 201


def test_a_shop_that_opens_next_week_takes_nothing_yet(books: None) -> None:
    start = timezone.now().date() + timedelta(days=7)
    shop = open_shop(books_start=str(start))
    assert_held(shop.send(shop.sale(occurred_at=timezone.now().isoformat())), shop)
    answer = command(shop, "ledgers", {"store_id": "store-1", "register_id": "till-1", "starting_cash": 0})
    assert (answer.status_code, answer.json()["code"]) == (409, "BEFORE_BOOKS_START"), answer.content
