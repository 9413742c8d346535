"""The inbox of the back office: what it lists, counts and finds, for whom, and what its buttons do."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exceptions.assignees import Assignee
from exceptions.desk.inbox_page import age_of
from exceptions.models import ExceptionCase
from pos.models import ReplayJob
from tests.conftest import Shop, open_shop
from tests.scenes.desk import INBOX, actor_of, conflict, hold, inbox, press, signed_in

BULK = "/admin/exceptions/exceptioncase/bulk/"


@pytest.fixture
def operator(shop: Shop) -> Iterator[Client]:
    with signed_in(shop) as client:
        yield client


@pytest.fixture
def supervisor(shop: Shop) -> Iterator[Client]:
    with signed_in(shop, role="Supervisor") as client:
        yield client


def counts(client: Client, **parameters: str) -> dict[str, str]:
    """The numbers behind the states and the reasons."""
    page = client.get(INBOX, parameters).content.decode()
    links = re.findall(r'class="(?:rv-state|rv-reason)".*?</a>', page, re.DOTALL)
    texts = [re.sub(r"<[^>]*>|\s+", " ", link.split(">", 1)[1]).split() for link in links]
    return {words[0]: words[1] for words in texts if len(words) > 1}


# ── The list ────────────────────────────────────────────────────────────────────────────────────
def test_it_lists_open_events_newest_first_with_what_they_are_about(shop: Shop, operator: Client) -> None:
    hold(shop, "a")
    conflict(shop, "b")
    assert inbox(operator) == ["b", "a"]
    page = operator.get(INBOX).content.decode()
    for text in ("IDEMPOTENCY_CONFLICT", "UNKNOWN_EVENT_TYPE", "txn-a", "txn-b", "store-1", "42.50 USD", "43.00 USD"):
        assert text in page


def test_states_and_reasons_carry_their_counts(shop: Shop, operator: Client) -> None:
    first = hold(shop, "a")
    hold(shop, "b")
    conflict(shop, "c")
    press(operator, first, "assign_me")
    assert counts(operator) == {
        "Open": "3", "Mine": "1", "Unassigned": "2", "Resolved": "0",
        "UNKNOWN_EVENT_TYPE": "2", "IDEMPOTENCY_CONFLICT": "1",
    }  # fmt: skip
    assert inbox(operator, state="mine") == ["a"]
    assert inbox(operator, state="unassigned") == ["c", "b"]
    assert counts(operator, reason="UNKNOWN_EVENT_TYPE")["Open"] == "2"
    press(operator, first, "no_replay")
    assert inbox(operator, state="resolved") == ["a"]
    assert counts(operator)["Resolved"] == "1"


def test_filters_narrow_it(shop: Shop, operator: Client) -> None:
    hold(shop, "a", store_id="s1", total_amount=10)
    hold(shop, "b", store_id="s2", total_amount=20)
    hold(shop, "c", store_id="s2", total_amount=3000, currency="JPY")
    hold(shop, "d", schema_version="9", total_amount=None)
    assert inbox(operator, store="s2") == ["c", "b"]
    assert inbox(operator, reason="UNSUPPORTED_SCHEMA_VERSION") == ["d"]
    assert inbox(operator, min="15") == ["c", "b"]
    assert inbox(operator, min="10", max="20") == ["b", "a"]
    assert inbox(operator, max="10.001") == ["a"]
    assert inbox(operator, min="2,999.99") == ["c"]
    assert inbox(operator, assignee="none") == ["d", "c", "b", "a"]
    assert inbox(operator, assignee="me") == []
    assert inbox(operator, tenant=shop.slug, store="s1") == ["a"]
    assert inbox(operator, tenant="somebody-elses") == []


def test_links_of_other_pages_and_of_djangos_own_lists_lead_to_the_same(shop: Shop, operator: Client) -> None:
    hold(shop, "a")
    conflict(shop, "b")
    assert inbox(operator, status__exact="open", reason_code__exact="IDEMPOTENCY_CONFLICT") == ["b"]
    assert inbox(operator, status="resolved") == []


def test_it_sorts_by_age_and_by_amount_with_the_unreadable_last(shop: Shop, operator: Client) -> None:
    for event_id, amount in (("a", 20), ("b", 10), ("c", "much"), ("d", 30)):
        hold(shop, event_id, total_amount=amount)
    assert inbox(operator, o="oldest") == ["a", "b", "c", "d"]
    assert inbox(operator, o="amount") == ["d", "a", "b", "c"]
    assert inbox(operator, o="smallest") == ["b", "a", "d", "c"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sale-1", ["sale-1"]), ("sale", ["sale-2", "sale-1"]), ("42.50", ["sale-1"]),
        ("42.5", ["sale-1"]), ("42.50 usd", ["sale-1"]),
        ("42.50 EUR", []), ("$42.50", ["sale-1"]), ("4250", ["yen"]), ("4250 JPY", ["yen"]), ("42.501", []),
        ("T/99", ["sale-2"]), ("t/99", []), ("nothing", []), ("1e400", []), ("NaN", []),
        ("%", []), ("' OR 1=1 --", []), ("a\x00b", []),
    ],
)  # fmt: skip
def test_a_search_finds_event_transaction_and_exact_amount(
    shop: Shop, operator: Client, query: str, expected: list[str]
) -> None:
    hold(shop, "sale-1")
    hold(shop, "sale-2", txn_id="T/99", total_amount=7)
    hold(shop, "yen", total_amount=4250, currency="JPY")
    assert inbox(operator, q=query) == expected


def test_an_age_is_told_in_the_largest_unit_and_coloured() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    ages = {minutes: age_of(now - timedelta(minutes=minutes), now) for minutes in (0, 5, 59, 60, 1439, 1440, 4320)}
    assert [text for text, _ in ages.values()] == ["now", "5 min", "59 min", "1 h", "23 h", "1 d", "3 d"]
    assert ages[5][1] != ages[1440][1] != ages[4320][1]
    assert age_of(now + timedelta(minutes=5), now)[0] == "now"


@pytest.mark.parametrize("age", ["lt1h", "lt1d", "gt1d", "gt3d", "gt7d"])
def test_ages_are_filtered(shop: Shop, operator: Client, age: str) -> None:
    hold(shop, "a")
    assert inbox(operator, age=age) == (["a"] if age.startswith("lt") else [])


@pytest.mark.parametrize(
    "parameters",
    [
        {"state": "x", "reason": "x", "o": "x", "p": "-1", "age": "x", "min": "x", "max": "1e999"},
        {"p": "9999"}, {"p": "0"},
        {"tenant": "\x00", "store": "\x00", "assignee": "\x00"}, {"min": "99999999999999999999", "max": "-5"},
        {"q": "x" * 5000},
    ],
)  # fmt: skip
def test_a_link_that_makes_no_sense_still_opens(shop: Shop, operator: Client, parameters: dict[str, str]) -> None:
    hold(shop, "a")
    assert operator.get(INBOX, parameters).status_code == 200


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("open", "The queue is empty"),
        ("mine", "assigned to you"),
        ("unassigned", "is assigned"),
        ("resolved", "decided yet"),
    ],
)
def test_an_empty_inbox_says_what_to_do(shop: Shop, operator: Client, state: str, text: str) -> None:
    assert text in operator.get(INBOX, {"state": state}).content.decode()
    assert "Nothing matches these filters" in operator.get(INBOX, {"state": state, "q": "x"}).content.decode()


def test_pages_follow_each_other(shop: Shop, operator: Client) -> None:
    shop.post("/v1/events/batch", {"events": [shop.sale(f"e{n}", event_type="LOYALTY") for n in range(53)]})
    first, second = inbox(operator), inbox(operator, p="2")
    assert (len(first), len(second)) == (50, 3)
    assert len({*first, *second}) == 53
    assert "51–53 of" in re.sub(r"\s+", " ", operator.get(INBOX, {"p": "2"}).content.decode())


def test_it_takes_as_many_statements_for_many_rows(shop: Shop, operator: Client) -> None:
    hold(shop, "a")
    numbers = []
    for _ in range(2):
        operator.get(INBOX, {"q": "e"})
        for parameters in ({}, {"q": "e"}):
            with CaptureQueriesContext(connection) as captured:
                operator.get(INBOX, parameters)
            numbers.append(len(captured))
        shop.post("/v1/events/batch", {"events": [shop.sale(f"e{n}", event_type="LOYALTY") for n in range(60)]})
    assert numbers[0] == numbers[2] <= 12
    assert numbers[3] <= 13


def test_what_an_event_calls_itself_is_inert(shop: Shop, operator: Client) -> None:
    evil = "<script>alert(1)</script>"
    hold(shop, f"a{evil}", txn_id=f"t{evil}", store_id=f"s{evil}", event_type=f"e{evil}")
    page = operator.get(INBOX).content.decode()
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────
def test_nobody_sees_another_tenants_events(shop: Shop, operator: Client) -> None:
    other = open_shop()
    hold(other, "foreign", store_id="foreign-store")
    for parameters in ({}, {"q": "foreign"}, {"tenant": other.slug}, {"q": "txn-foreign"}, {"store": "foreign-store"}):
        assert inbox(operator, **parameters) == []
    page = operator.get(INBOX).content.decode()
    assert other.slug not in page
    assert counts(operator)["Open"] == "0"


def test_somebody_of_two_tenants_sees_both_and_can_choose(shop: Shop) -> None:
    other = open_shop()
    hold(shop, "a")
    hold(other, "b")
    with signed_in(shop, other) as client:
        assert inbox(client) == ["b", "a"]
        assert inbox(client, tenant=other.slug) == ["b"]


@pytest.mark.parametrize(("role", "buttons"), [("Operator", 1), ("Supervisor", 2), ("Auditor", 0), ("Accountant", 0)])
def test_buttons_are_there_for_those_who_may_press_them(shop: Shop, role: str, buttons: int) -> None:
    hold(shop, "a")
    with signed_in(shop, role=role) as client:
        page = client.get(INBOX).content.decode()
    assert ("Assign to me" in page) + ("Resolve…" in page) == buttons


def test_nobody_gets_in_without_signing_in_or_without_the_permission(shop: Shop) -> None:
    assert Client().get(INBOX).status_code == 302
    with signed_in(shop) as client:
        user_groups = client.session["_auth_user_id"]
        connection.cursor().execute("DELETE FROM auth_user_groups WHERE user_id = %s", [user_groups])
        assert client.get(INBOX).status_code == 403


# ── Many at once ────────────────────────────────────────────────────────────────────────────────
def bulk(client: Client, do: str, cases: list[str], **fields: Any) -> Any:
    return client.post(BULK, {"do": do, "case": cases, "back": "state=open&q=e"} | fields)


def test_many_are_assigned_to_oneself_and_given_back(shop: Shop, operator: Client) -> None:
    cases = [hold(shop, event_id) for event_id in "abc"]
    answer = bulk(operator, "assign_me", cases[:2])
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{INBOX}?state=open&q=e")
    assert inbox(operator, state="mine") == ["b", "a"]
    bulk(operator, "assign", cases[:1], assignee="")
    assert inbox(operator, state="mine") == ["b"]


def test_a_case_goes_to_a_colleague_and_to_nobody_else(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    with signed_in(shop) as colleague, signed_in(open_shop()) as stranger:
        bulk(operator, "assign", [case], assignee=actor_of(stranger))
        assert inbox(operator, assignee="none") == ["a"]
        bulk(operator, "assign", [case], assignee=actor_of(colleague))
        assert inbox(colleague, state="mine") == ["a"]
        assert Assignee(actor_of(colleague)).name in operator.get(INBOX).content.decode()


def test_many_are_resolved_with_notes(shop: Shop, supervisor: Client) -> None:
    cases = [hold(shop, event_id) for event_id in "abc"]
    answer = bulk(supervisor, "resolve", cases[:2], action="mark_resolved_no_replay:", notes="Not ours.")
    assert answer.status_code == 302
    assert inbox(supervisor) == ["c"]
    resolved = ExceptionCase.objects.filter(tenant=shop.tenant, status="resolved")
    assert set(resolved.values_list("resolution_notes", "resolution_actor")) == {("Not ours.", actor_of(supervisor))}


def test_last_is_chosen_for_many_conflicts(shop: Shop, supervisor: Client) -> None:
    cases = [conflict(shop, event_id)[0] for event_id in "ab"]
    bulk(supervisor, "resolve", cases, action="override_and_replay:LAST", notes="The till was corrected.")
    assert inbox(supervisor) == []
    assert shop.number("journals") == 6


@pytest.mark.parametrize("fields", [{"action": "mark_resolved_no_replay:", "notes": " "}, {"notes": "My long reason."}])
def test_what_was_typed_stays_when_many_are_refused(shop: Shop, supervisor: Client, fields: dict[str, str]) -> None:
    case = hold(shop, "a")
    answer = bulk(supervisor, "resolve", [case], **fields)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'value="{case}"' in page
    assert fields["notes"] in page
    assert inbox(supervisor) == ["a"]


def test_what_cannot_be_replayed_stays_open_and_is_told(shop: Shop, supervisor: Client) -> None:
    good, bad = conflict(shop, "a")[0], hold(shop, "b")
    answer = bulk(supervisor, "resolve", [good, bad], action="override_and_replay:LAST", notes="Try.")
    page = supervisor.get(answer.headers["Location"]).content.decode()
    assert "1 event resolved." in page
    assert "1 event stayed open" in page
    assert inbox(supervisor) == ["b"]


def test_a_foreign_case_among_the_selected_is_left_alone(shop: Shop, supervisor: Client) -> None:
    other = open_shop()
    foreign = hold(other, "foreign")
    for do in ("assign_me", "resolve"):
        bulk(supervisor, do, [foreign, "no-uuid"], action="mark_resolved_no_replay:", notes="Mine now.")
    assert ExceptionCase.objects.filter(pk=foreign, status="open", assigned_to="").exists()


@pytest.mark.parametrize(
    ("role", "do", "status"),
    [
        ("Operator", "resolve", 403), ("Operator", "replay_reason", 403), ("Auditor", "assign_me", 403),
        ("Auditor", "assign", 403), ("Auditor", "resolve", 403), ("Accountant", "replay_reason", 403),
    ],
)  # fmt: skip
def test_who_may_not_is_refused_whatever_they_post(shop: Shop, role: str, do: str, status: int) -> None:
    case = hold(shop, "a")
    with signed_in(shop, role=role) as client:
        fields = {
            "action": "mark_resolved_no_replay:",
            "notes": "x",
            "reason": "UNKNOWN_EVENT_TYPE",
            "replay_notes": "x",
        }
        assert bulk(client, do, [case], **fields).status_code == status
        assert inbox(client) == ["a"]
    assert not ReplayJob.objects.filter(tenant=shop.tenant).exists()


def test_a_whole_reason_is_replayed_by_a_job(shop: Shop, supervisor: Client) -> None:
    hold(shop, "a")
    fields = {"reason": "UNKNOWN_EVENT_TYPE", "tenant": shop.slug, "replay_notes": "Switched on."}
    answer = bulk(supervisor, "replay_reason", [], **fields)
    job = ReplayJob.objects.get(tenant=shop.tenant)
    assert (job.reason_code, job.total, job.requested_by) == ("UNKNOWN_EVENT_TYPE", 1, actor_of(supervisor))
    assert f"Replay {job.pk} of 1 event" in supervisor.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "WHATEVER"},
        {"reason": "CLOCK_SKEW", "tenant": "x"},
        {"reason": "CLOCK_SKEW", "tenant": "\x00"},
        {"reason": "CLOCK_SKEW", "replay_notes": ""},
    ],
)
def test_a_replay_needs_a_reason_a_tenant_and_notes(shop: Shop, supervisor: Client, fields: dict[str, str]) -> None:
    bulk(supervisor, "replay_reason", [], **({"replay_notes": "Why."} | fields))
    assert not ReplayJob.objects.filter(tenant=shop.tenant).exists()


def test_nothing_is_changed_by_get_without_token_or_by_a_made_up_verb(shop: Shop) -> None:
    case = hold(shop, "a")
    with signed_in(shop, role="Supervisor", checks_csrf=True) as client:
        assert client.get(BULK, {"do": "assign_me", "case": case}).status_code == 302
        assert bulk(client, "assign_me", [case]).status_code == 403
        assert client.post(INBOX, {"action": "delete_selected"}).status_code == 403
    with signed_in(shop, role="Supervisor") as client:
        assert bulk(client, "delete", [case]).status_code == 302
        assert client.post(INBOX, {"action": "delete_selected", "_selected_action": case}).status_code == 403
        answer = bulk(client, "assign_me", [], back="https://evil.example/")
        assert answer.headers["Location"].startswith(f"{INBOX}?")
    assert ExceptionCase.objects.filter(pk=case, status="open", assigned_to="").exists()


def test_the_page_of_a_case_is_its_review(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    stock = reverse("admin:exceptions_exceptioncase_change", args=[case])
    assert operator.get(stock).headers["Location"] == reverse("admin:exceptions_review", args=[case])
    assert operator.post(stock, {"status": "resolved"}).status_code == 403
