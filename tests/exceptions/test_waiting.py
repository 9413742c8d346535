"""Decisions that wait for a second person: where somebody finds them, and that nobody else does."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exceptions.waiting import WaitingCounts, count_waiting
from tests.conftest import Shop, open_shop
from tests.scenes.desk import INBOX, conflict, hold, inbox
from tests.scenes.staff import boss, hire, signed_in


@pytest.fixture
def limited(shop: Shop) -> Shop:
    """A shop whose decisions above 10.00 need a second person."""
    return with_limit(shop)


def with_limit(shop: Shop) -> Shop:
    shop.tenant.four_eyes_limit_minor = 1_000
    shop.tenant.save(update_fields=["four_eyes_limit_minor"])
    return shop


def propose(person: User, case: str, canonical: str = "LAST") -> None:
    body = {"action": "override_and_replay", "canonical": canonical, "resolution_notes": "Checked."}
    raw = json.dumps(body).encode()
    answer = signed_in(person).post(f"/v1/exceptions/{case}/resolve", raw, content_type="application/json")
    assert answer.json()["code"] == "FOUR_EYES_REQUIRED"


def tabs(client: Client, **parameters: str) -> dict[str, str]:
    """The states of the inbox with their counts."""
    page = client.get(INBOX, parameters).content.decode()
    links = re.findall(r'class="rv-state".*?</a>', page, re.DOTALL)
    words = [re.sub(r"<[^>]*>|\s+", " ", link.split(">", 1)[1]).split() for link in links]
    return {" ".join(words[:-1]): words[-1] for words in words}


def badge(client: Client, path: str = "/admin/pos/rawevent/") -> str:
    """What the menu says beside Exceptions, on any page."""
    found = re.search(r"\d+ to confirm", client.get(path).content.decode())
    return found[0] if found else ""


def test_it_is_a_tab_a_badge_on_the_row_and_in_the_menu_for_who_may_confirm(limited: Shop) -> None:
    case, _, _ = conflict(limited, "large")
    hold(limited, "other")
    anna, mei = hire("operator", limited), signed_in(hire("supervisor", limited))
    assert tabs(mei)["To confirm"] == "0"
    assert badge(mei) == ""

    propose(anna, case)

    assert tabs(mei)["To confirm"] == "1"
    assert inbox(mei, state="confirm") == ["large"]
    assert "Proposed by me" not in tabs(mei)
    assert badge(mei) == "1 to confirm"
    page = mei.get(INBOX).content.decode()
    assert page.count('<span class="ls-badge ls-info">to confirm</span>') == 1


def test_who_proposed_finds_it_as_their_own_and_is_not_asked(limited: Shop) -> None:
    case, _, _ = conflict(limited, "large")
    mei = hire("supervisor", limited)
    propose(mei, case)
    client = signed_in(mei)
    assert (tabs(client)["To confirm"], tabs(client)["Proposed by me"]) == ("0", "1")
    assert inbox(client, state="proposed") == ["large"]
    assert inbox(client, state="confirm") == []
    assert badge(client) == ""
    assert "proposed by you" in client.get(INBOX).content.decode()


def test_who_may_not_confirm_has_no_tab_but_sees_that_it_is_proposed(limited: Shop) -> None:
    case, _, _ = conflict(limited, "large")
    propose(hire("operator", limited), case)
    for role in ("operator", "auditor"):
        client = signed_in(hire(role, limited))
        assert badge(client) == ""
        page = client.get(INBOX).content.decode()
        assert '<span class="ls-badge ls-info">proposed</span>' in page
        assert "your confirmation" not in client.get("/admin/").content.decode()


def test_the_dashboard_tells_it_to_both(limited: Shop) -> None:
    case, _, _ = conflict(limited, "large")
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    propose(anna, case)
    page = " ".join(signed_in(mei).get("/admin/").content.decode().split())
    assert f"state=confirm&amp;tenant={limited.slug}" in page
    assert "1 decision needs your confirmation" in page
    page = " ".join(signed_in(anna).get("/admin/figures/").content.decode().split())
    assert "1 of your proposals needs confirmation" in page
    assert "your confirmation" not in page
    propose(mei, conflict(limited, "second")[0])
    propose(anna, conflict(limited, "third")[0])
    assert "2 decisions need your confirmation" in signed_in(mei).get("/admin/").content.decode()


@pytest.mark.parametrize("ending", ["confirm", "decline", "withdraw"])
def test_it_is_gone_once_it_ended(limited: Shop, ending: str) -> None:
    case, _, _ = conflict(limited, "large")
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    propose(anna, case)
    client = signed_in(anna if ending == "withdraw" else mei)
    url = f"/admin/exceptions/exceptioncase/{case}/review/"
    page = client.get(url).content.decode()
    fields = {name: re.search(rf'name="{name}"\s+value="([^"]+)"', page) for name in ("seen", "proposal")}
    typed = {name: found[1] for name, found in fields.items() if found} | {"do": ending, "notes": "Looked at."}
    assert client.post(url, typed).status_code == 302
    assert tabs(signed_in(mei))["To confirm"] == "0"
    assert badge(signed_in(mei)) == ""


def test_two_proposals_on_one_case_are_one_case(limited: Shop) -> None:
    case, _, _ = conflict(limited, "large")
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    propose(mei, case, canonical="FIRST")
    propose(anna, case)
    propose(anna, case, canonical="FIRST")  # who may not confirm proposes the same
    ids = [limited.tenant.id]
    assert count_waiting(ids, me=f"user:{mei.username}") == WaitingCounts(to_confirm=1, proposed=1)
    assert count_waiting(ids, me=f"user:{anna.username}") == WaitingCounts(to_confirm=1, proposed=1)
    assert count_waiting(ids, me="user:nobody") == WaitingCounts(to_confirm=1, proposed=0)


def test_another_tenants_proposals_are_nobodys_business(limited: Shop) -> None:
    foreign = with_limit(open_shop())
    propose(hire("operator", foreign), conflict(foreign, "theirs")[0])
    mei = signed_in(hire("supervisor", limited))
    assert (tabs(mei)["To confirm"], badge(mei), inbox(mei, state="confirm")) == ("0", "", [])
    both = signed_in(hire("supervisor", limited, foreign))
    assert (tabs(both)["To confirm"], badge(both)) == ("1", "1 to confirm")
    assert tabs(both, tenant=limited.slug)["To confirm"] == "0"
    assert badge(signed_in(boss())).endswith("to confirm")


def test_counting_it_is_one_statement_of_an_index_of_its_own(limited: Shop) -> None:
    """Among hundreds of open cases only those that wait are looked at."""
    anna = hire("operator", limited)
    limited.post("/v1/events/batch", {"events": [limited.sale(f"e{n}", event_type="LOYALTY") for n in range(300)]})
    for number in range(3):
        propose(anna, conflict(limited, f"large-{number}")[0])
    with CaptureQueriesContext(connection) as captured:
        assert count_waiting([limited.tenant.id], me="user:mei") == WaitingCounts(to_confirm=3, proposed=0)
    assert len(captured) == 1
    sql = captured[0]["sql"]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan: Any = cursor.fetchone()
        finally:
            cursor.execute("RESET enable_seqscan")
    nodes = list(nodes_of(json.loads(plan[0])[0]["Plan"] if isinstance(plan[0], str) else plan[0][0]["Plan"]))
    cases = [node for node in nodes if node.get("Relation Name") == "exceptions"]
    assert [node["Index Name"] for node in cases] == ["exceptions_awaiting"]
    assert [node["Actual Rows"] for node in cases] == [3]
    proposals = [node for node in nodes if node.get("Relation Name") == "exception_resolutions"]
    assert proposals
    assert {node["Node Type"] for node in proposals} <= {"Index Scan", "Index Only Scan"}


def test_no_page_pays_more_than_one_statement_for_the_menu(limited: Shop) -> None:
    mei, anna = signed_in(hire("supervisor", limited)), signed_in(hire("operator", limited))
    numbers = []
    for client in (mei, anna):
        client.get("/admin/pos/rawevent/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/pos/rawevent/")
        numbers.append(sum("awaits_confirmation" in query["sql"] for query in captured))
    assert numbers == [1, 0]


def nodes_of(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)
