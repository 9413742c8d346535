"""The review page: versions side by side, what each would do, and the form that decides."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exceptions.assignees import Assignee
from exceptions.models import ExceptionCase
from tests.conftest import Shop
from tests.scenes.desk import (
    actor_of,
    conflict,
    decision_on,
    hold,
    page_of,
    press,
    review_url,
    seen,
    signed_in,
    status_of,
)

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def operator(shop: Shop) -> Iterator[Client]:
    with signed_in(shop) as client:
        yield client


# ── What it shows ───────────────────────────────────────────────────────────────────────────────
def test_first_and_last_stand_side_by_side_with_what_changed(shop: Shop, operator: Client) -> None:
    case, first, last = conflict(shop)
    page = page_of(operator, case)
    assert "Two different versions of this event arrived." in page
    for pointer in ("/total_amount", "/tenders/0/amount", "/line_items/1/amount"):
        assert pointer in page
    assert "<mark>42.5</mark>" in page
    assert "<mark>43</mark>" in page
    assert f'name="chosen" value="{first}"' in page
    assert f'name="chosen" value="{last}"' in page


def test_every_choice_tells_its_journals_and_what_they_change(shop: Shop, operator: Client) -> None:
    case, _, _ = conflict(shop)
    page = page_of(operator, case)
    assert "Already posted. Nothing changes." in page
    assert "REVERSAL" in page
    assert "Drawer</dt>" in page
    assert "+0.50 USD" in page
    assert "Cash drawer store-1/till-1" in page


def test_a_third_version_has_a_tab_and_a_choice(shop: Shop, operator: Client) -> None:
    case, _, second = conflict(shop)
    third = shop.send(shop.sale(reason="third")).json()["raw_id"]
    page = page_of(operator, case)
    assert "FIRST ↔ LAST" in page
    assert "FIRST ↔ Version 2" in page
    assert f'name="chosen" value="{second}"' in page
    assert f'name="chosen" value="{third}"' in page


def test_many_versions_are_compared_one_by_one(shop: Shop, operator: Client) -> None:
    case, _, _ = conflict(shop)
    for number in range(6):
        shop.send(shop.sale(reason=f"number {number}"))
    assert page_of(operator, case).count('class="rv-panel"') == 4
    assert "FIRST ↔ Version 3" not in page_of(operator, case)
    assert "FIRST ↔ Version 3" in page_of(operator, case, against="3")
    assert page_of(operator, case, against="<x>")


def test_a_held_event_shows_its_problems(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a", event_type="SALE", txn_id="", total_amount="1.005")
    page = page_of(operator, case)
    assert "/txn_id" in page
    assert "/total_amount" in page
    assert "Needs a correction" in page


def test_amounts_are_exact_and_what_is_invisible_is_told(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a", metadata={"n": "a\u202eb", "x": "\u0007"})
    assert "a\\u202eb" in page_of(operator, case)
    raw = shop.sale("b", event_type="X")
    body = str(raw).replace("'", '"').replace("42.5", "12345678901234567890.12345678901234567890").encode()
    exact = shop.send(body).json()["exception_id"]
    assert "12345678901234567890.1234567890123456789" in page_of(operator, exact)


def test_a_payload_full_of_markup_is_inert_everywhere(shop: Shop, operator: Client) -> None:
    event_id = f"a/{EVIL}"
    shop.send(shop.sale(event_id))
    changes = {
        "metadata": {f"k{EVIL}": EVIL},
        "reason": EVIL,
        "txn_id": EVIL,
        "tenders": [{"method": EVIL, "amount": 1}],
    }
    case = shop.send(shop.sale(event_id, **changes)).json()["exception_id"]
    form = {"notes": EVIL, "patch": f'{{"{EVIL}": 1', "chosen": EVIL}
    pages = [page_of(operator, case), press(operator, case, "replay", **form).content.decode()]
    pages.append(
        operator.post(reverse("admin:exceptions_preview", args=[case]), form | {"do": "preview"}).content.decode()
    )
    press(operator, case, "no_replay", notes=EVIL)
    pages.append(page_of(operator, case))
    assert [page for page in pages if EVIL in page] == []
    assert "&lt;script&gt;" in pages[0]


def test_pages_carry_no_script_of_their_own(shop: Shop, operator: Client) -> None:
    case, _, _ = conflict(shop)
    body = page_of(operator, case).partition("rv-page")[2].partition('id="modal-overlay"')[0]
    assert "<script" not in body
    assert " onclick=" not in body
    assert " style=" not in body


def test_it_takes_as_many_statements_for_many_versions_and_arrivals(shop: Shop, operator: Client) -> None:
    hold(shop, "next in the queue")
    numbers = []
    for event_id, versions in (("a", 2), ("b", 12)):
        case = [shop.send(shop.sale(event_id, reason=str(n))).json() for n in range(versions)][-1]["exception_id"]
        operator.get(review_url(case))
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(review_url(case)).status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 25


# ── Deciding ────────────────────────────────────────────────────────────────────────────────────
def test_keeping_first_resolves_and_posts_nothing(shop: Shop, operator: Client) -> None:
    case, first, _ = conflict(shop)
    answer = press(operator, case, "replay", chosen=str(first))
    assert (answer.status_code, answer.headers["Location"]) == (302, review_url(case))
    assert shop.number("journals") == 1
    page = page_of(operator, case)
    assert "the books did not change" in page
    assert "Asked the store." in page
    assert Assignee(actor_of(operator)).name in page


def test_choosing_last_leads_to_reversal_new_journal_and_the_next_case(shop: Shop, operator: Client) -> None:
    other = hold(shop, "other")
    case, _, last = conflict(shop)
    press(operator, case, "replay", chosen=str(last))
    page = page_of(operator, case)
    decision = decision_on(case, "resolved")
    for journal_id in (decision.reversal_journal_id, decision.journal_id):
        assert reverse("admin:ledger_journal_change", args=[journal_id]) in page
    assert review_url(other) in page
    assert "Next in the queue" in page
    assert "data-rv-form" not in page


def test_a_patch_is_applied_and_kept(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    raw_id = str(ExceptionCase.objects.get(pk=case).raw_id)
    press(operator, case, "replay", chosen=raw_id, patch='{"event_type": "SALE"}')
    assert status_of(case) == "resolved"
    assert shop.number("journals") == 1
    assert "{&quot;event_type&quot;:&quot;SALE&quot;}" in page_of(operator, case).replace(": &quot;", ":&quot;")


def test_a_json_patch_is_applied(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    raw_id = str(ExceptionCase.objects.get(pk=case).raw_id)
    patch = '[{"op": "replace", "path": "/event_type", "value": "SALE"}]'
    press(operator, case, "replay", chosen=raw_id, patch=patch, patch_kind="json")
    assert status_of(case) == "resolved"


def test_a_case_is_resolved_without_replay(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    press(operator, case, "no_replay")
    assert "Dismissed: nothing was posted." in page_of(operator, case)
    assert shop.number("journals") == 0


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"notes": " "}, 400, "Give a reason"),
        ({"chosen": ""}, 400, "Choose a version."),
        ({"chosen": "999999999"}, 400, "cannot be chosen"),
        ({"patch": '{"total_amount": 4'}, 400, "Not JSON"),
        ({"patch": '{"a": 1}, "b": 2'}, 400, "not one JSON value"),
        ({"patch": "[]"}, 400, "a merge patch is an object"),
        ({"patch": "{}", "patch_kind": "json"}, 400, "a JSON patch is a list"),
        ({"patch": '{"a": 1, "a": 2}'}, 400, "stands twice"),
        ({"patch": '{"a": 1e400}'}, 400, "out of range"),
        ({"patch": '{"a":' * 500 + "1" + "}" * 500}, 400, "Nested deeper"),
        ({"patch": '{"store_id": "elsewhere"}'}, 422, "/store_id"),
        ({"patch": '{"total_amount": 99}'}, 409, "the lines come to"),
        ({"patch": '{"txn_id": null}'}, 409, "/txn_id"),
        ({"patch": '{"reason": "4111 1111 1111 1111"}'}, 422, "card number"),
        ({"seen": "0" * 16}, 409, "Look again before you decide"),
        ({"seen": ""}, 409, "Look again before you decide"),
    ],
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(
    shop: Shop, operator: Client, fields: dict[str, str], status: int, told: str
) -> None:
    case, _, last = conflict(shop)
    typed = {"chosen": str(last), "notes": "A long story about <this> receipt."} | fields
    answer = press(operator, case, "replay", **typed)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == status
    assert told in page
    assert 'role="alert"' in page
    if typed["notes"].strip():
        assert "A long story about &lt;this&gt; receipt." in page
    if typed.get("patch"):
        assert typed["patch"].replace('"', "&quot;") in page
    if typed["chosen"] == str(last):
        assert f'value="{last}" checked' in page
    assert (status_of(case), shop.number("journals")) == ("open", 1)


def test_a_version_that_arrived_meanwhile_stops_the_decision(shop: Shop, operator: Client) -> None:
    case, _, last = conflict(shop)
    shown = seen(operator, case)
    shop.send(shop.sale(reason="third"))
    answer = press(operator, case, "replay", chosen=str(last), seen=shown, notes="Before the third.")
    assert answer.status_code == 409
    assert "Before the third." in answer.content.decode()
    assert status_of(case) == "open"
    # The page that came back shows the third: who has seen it may decide.
    assert press(operator, case, "replay", chosen=str(last)).status_code == 302


def test_the_second_of_two_operators_is_told_and_loses_nothing_typed(shop: Shop, operator: Client) -> None:
    case, first, last = conflict(shop)
    shown = seen(operator, case)
    with signed_in(shop) as other:
        press(other, case, "replay", chosen=str(first), notes="Mine.")
        posted = {"do": "replay", "chosen": str(last), "seen": shown, "patch": '{"reason": "kept"}'}
        answer = operator.post(review_url(case), posted | {"notes": "My own notes."})
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "Somebody has decided this exception already." in page
        assert "My own notes." in page
        assert "&quot;kept&quot;" in page
        assert Assignee(actor_of(other)).name in page
    assert shop.number("journals") == 1


# ── Previewing ──────────────────────────────────────────────────────────────────────────────────
def test_a_preview_shows_the_real_path_and_keeps_nothing(shop: Shop, operator: Client) -> None:
    case, _, last = conflict(shop)
    answer = press(operator, case, "preview", chosen=str(last), notes="")
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 200
    assert "This would be posted." in page
    assert f'value="{last}" checked' in page
    assert (status_of(case), shop.number("journals")) == ("open", 1)


def test_without_a_script_a_preview_names_its_choice_and_a_refusal_stands_in_its_place(
    shop: Shop, operator: Client
) -> None:
    """The pane cannot be emptied then when somebody chooses another version: it says which one it is of."""
    case, _, last = conflict(shop)
    page = " ".join(press(operator, case, "preview", chosen=str(last), notes="").content.decode().split())
    assert "Chosen: LAST." in pane_of(page)
    bad = press(operator, case, "preview", chosen=str(last), notes="", patch="{")
    assert "Not JSON" in pane_of(" ".join(bad.content.decode().split()))
    assert bad.content.decode().count('role="alert"') == 1
    nothing = press(operator, case, "preview", chosen="", notes="")
    assert "Choose a version." in pane_of(" ".join(nothing.content.decode().split()))


def pane_of(page: str) -> str:
    """Where a preview is shown: to the end of its form."""
    return page.split('data-rv-preview aria-live="polite"')[1].split("</form>")[0]


def test_the_code_of_a_refusal_is_small_print_after_its_sentence(shop: Shop, operator: Client) -> None:
    """STALE_PAGE is for a page that is stale, and no other."""
    case, _, last = conflict(shop)
    for fields, code in (
        ({"chosen": ""}, "CHOICE_REQUIRED"),
        ({"chosen": str(last), "seen": "0" * 16}, "STALE_PAGE"),
        ({"chosen": str(last), "notes": ""}, "NOTES_REQUIRED"),
    ):
        page = press(operator, case, "replay", **fields).content.decode()
        alert = page.split('role="alert"')[1].split("</section>")[0]
        assert re.search(rf"Nothing was changed\..*<small[^>]*>{code}</small>", alert, re.DOTALL), fields
        assert page.count("_REQUIRED") + page.count("STALE_PAGE") == 1


def test_the_fragment_for_live_validation_tells_good_and_bad(shop: Shop, operator: Client) -> None:
    case, first, last = conflict(shop)
    url = reverse("admin:exceptions_preview", args=[case])
    for fields, told in (
        ({"chosen": str(last)}, "This would be posted."),
        ({"chosen": str(first)}, "This would change nothing in the books."),
        ({"chosen": str(last), "patch": '{"tenant_id": "x"}'}, "/tenant_id"),
        ({"chosen": str(last), "patch": "{"}, "Not JSON"),
        ({}, "Choose a version."),
    ):
        answer = operator.post(url, {"do": "preview"} | fields)
        assert (answer.status_code, answer.headers["X-Fragment"]) == (200, "preview")
        assert told in answer.content.decode()
        assert "<html" not in answer.content.decode()
    assert operator.get(url).status_code == 405
    assert shop.number("journals") == 1
