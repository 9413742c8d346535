"""The operator's day, with the mouse: from the inbox to the books, alone, in a race, and with four eyes."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.conftest import Shop
from tests.scenes.staff import hire

INBOX = "/admin/exceptions/exceptioncase/"
Hired = Callable[[str], Screen]


def choose(screen: Screen, name: str) -> None:
    """Choose a version in the form that decides."""
    screen.page.locator(".rv-choice", has_text=re.compile(rf"^\s*{name}\b")).click()


def write_notes(screen: Screen, text: str) -> None:
    screen.page.locator("[data-rv-form] [name=notes]").fill(text)


def patch(screen: Screen, text: str) -> None:
    """Open the patch editor and type; every key counts, as for a person."""
    field = screen.page.locator("[data-rv-form] [name=patch]")
    if not field.is_visible():
        screen.page.get_by_text("Correct it first").click()
    field.fill("")
    field.press_sequentially(text)


def open_cases(screen: Screen) -> int:
    """The counter at “Open”."""
    screen.go(INBOX)
    return screen.number(r"Open\s+([\d,]+)")


def test_an_operator_finds_a_conflict_chooses_last_and_sees_it_in_the_books(browse: Browse, shop: Shop) -> None:
    scenes.conflict(shop, "evt-other")
    scenes.conflict(shop, "evt-4711")
    operator, screen = hire("operator", shop), browse()

    screen.sign_in(operator)
    assert open_cases(screen) == 2
    screen.page.get_by_label("Search by event id, transaction id or amount").fill("4711")
    screen.press("Show")
    expect(screen.page.locator("[data-rv-row]")).to_have_count(1)
    screen.press("evt-4711")
    screen.says("Versions side by side", "/total_amount")
    choose(screen, "LAST")
    screen.press("Preview")
    screen.says("This would be posted.", "REVERSAL")
    write_notes(screen, "The manager of store-1 says: 41.00.")
    screen.press("Post this version")

    screen.says("Resolved: the chosen version is posted.", "The manager of store-1 says: 41.00.")
    for link, badge in (("Reversal", "reverses #"), ("New journal", "active")):
        screen.page.get_by_role("link", name=re.compile(rf"^{link} \d+$")).click()
        screen.says(badge, "balanced")
        screen.page.go_back()
    assert open_cases(screen) == 1
    auditor = browse().enter(hire("auditor", shop))
    auditor.go("/admin/audit/auditentry/")
    auditor.says("exceptions.case.resolved", f"user:{operator.username}")
    assert shop.number("journals") == 4


def test_of_two_operators_the_second_is_told_and_loses_nothing_typed(screen_of: Hired, shop: Shop) -> None:
    path = scenes.review_of(scenes.conflict(shop, "evt-race"))
    first, second = screen_of("operator"), screen_of("operator")
    first.go(path)
    second.go(path)
    choose(second, "FIRST")
    patch(second, '{"reason": "till was offline"}')
    write_notes(second, "I think the first one is right.")

    choose(first, "LAST")
    write_notes(first, "The receipt says 41.00.")
    first.press("Post this version")
    with second.refused(409):
        second.press("Post this version")

    second.says("Nothing was changed.", "I think the first one is right.", '{"reason": "till was offline"}')
    expect(second.page.get_by_role("alert")).to_contain_text("Somebody has decided this exception already.")
    expect(second.page.get_by_role("alert")).to_be_focused()
    second.says("The receipt says 41.00.")
    assert len(scenes.decided(shop)) == 1
    assert shop.number("journals") == 3


def test_while_a_case_is_open_a_page_out_of_date_keeps_the_form_as_it_was(screen_of: Hired, shop: Shop) -> None:
    case = scenes.conflict(shop, "evt-stale")
    screen = screen_of("operator")
    screen.go(scenes.review_of(case))
    choose(screen, "LAST")
    patch(screen, '{"reason": "checked"}')
    write_notes(screen, "Written before the third version came.")
    third = scenes.version_of(scenes.sale(shop, "evt-stale"), total=40.0)
    assert shop.send(third).status_code == 202

    with screen.refused(409):
        screen.press("Post this version")
    screen.says("A new version arrived")
    expect(screen.page.locator("[data-rv-form] [name=notes]")).to_have_value("Written before the third version came.")
    expect(screen.page.locator("[data-rv-form] [name=patch]")).to_have_value('{"reason": "checked"}')
    assert scenes.decided(shop) == []


def test_what_is_wrong_is_told_while_typing_and_what_was_typed_stays(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-patch")))
    shown = screen.page.locator("[data-rv-preview]")
    choose(screen, "LAST")
    expect(shown).to_contain_text("This would be posted.")
    # Half a patch is no patch yet, and is told so as well.
    with screen.may_be_refused(400, 422):
        patch(screen, '{"event_id": "another"}')
        expect(shown).to_contain_text("event_id")
    write_notes(screen, "It is another event.")
    with screen.refused(422):
        screen.press("Post this version")
    alert = screen.page.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was changed.")
    typed = screen.page.locator("[data-rv-form] [name=patch]")
    expect(typed).to_have_value('{"event_id": "another"}')

    patch(screen, "")
    write_notes(screen, "   ")  # enough for the browser
    with screen.refused(400):
        screen.press("Post this version")
    expect(alert).to_contain_text("Give a reason")
    assert scenes.decided(shop) == []


def test_above_the_limit_the_operator_proposes_and_the_supervisor_confirms(screen_of: Hired, shop: Shop) -> None:
    path = scenes.review_of(scenes.conflict(shop, "evt-large"))
    scenes.change_tenant(shop, four_eyes_limit_minor=1_000)
    operator = screen_of("operator")
    operator.go(path)
    choose(operator, "LAST")
    write_notes(operator, "Checked with the store.")
    operator.press("Propose: post this version")
    operator.says("Your decision is saved as a proposal.", "You want to post version 2 (LAST, 41.00 USD)")
    expect(operator.page.get_by_role("button", name="Confirm")).to_have_count(0)
    assert scenes.decided(shop) == []

    supervisor = screen_of("supervisor")
    supervisor.go("/admin/")
    supervisor.press("1 decision needs your confirmation")
    expect(supervisor.page.locator("[data-rv-row]")).to_have_count(1)
    supervisor.says("To confirm", "1 to confirm", "to confirm")
    supervisor.press("evt-large")
    waits = supervisor.page.locator(".rv-proposal")
    expect(waits).to_contain_text(
        "wants to post version 2 (LAST, 41.00 USD) instead of version 1 (FIRST, 42.50 USD).", use_inner_text=True
    )
    expect(waits).to_contain_text("Checked with the store.")
    expect(waits).to_contain_text("Revenue")
    supervisor.page.get_by_label("Your reason (required)").fill("I have seen the receipt.")
    supervisor.press("Confirm")
    supervisor.says("Resolved: the chosen version is posted.")
    assert shop.number("journals") == 3


def test_a_proposal_is_declined_withdrawn_and_each_is_told(screen_of: Hired, shop: Shop) -> None:
    path = scenes.review_of(scenes.conflict(shop, "evt-large"))
    scenes.change_tenant(shop, four_eyes_limit_minor=1_000)
    operator, supervisor = screen_of("operator"), screen_of("supervisor")
    operator.go(path)
    choose(operator, "LAST")
    write_notes(operator, "Checked with the store.")
    operator.press("Propose: post this version")

    supervisor.go(f"{INBOX}?state=confirm")
    supervisor.press("evt-large")
    supervisor.press("Decline")  # without a reason the browser asks for one
    notes = supervisor.page.get_by_label("Your reason (required)")
    assert notes.evaluate("field => field.validity.valueMissing && field.matches(':focus')")
    notes.fill("The drawer was counted: FIRST is right.")
    supervisor.press("Decline")
    supervisor.says("The proposal is declined. Nothing was posted; the event stays open.", "Proposal declined")
    supervisor.go(f"{INBOX}?state=confirm")
    supervisor.says("No decision needs your confirmation.")

    operator.go(path)
    operator.says("declined your proposal.", "The drawer was counted: FIRST is right.")
    choose(operator, "LAST")
    write_notes(operator, "I asked again.")
    operator.press("Propose: post this version")
    operator.go(INBOX)
    operator.says("Proposed by me", "proposed by you")
    operator.press("evt-large")
    operator.page.get_by_label("Reason for withdrawing (required)").fill("The supervisor is right.")
    operator.press("Withdraw")
    operator.says("The proposal is withdrawn. Nothing was posted; the event stays open.", "Proposal withdrawn")
    assert scenes.decided(shop) == []
    assert shop.number("journals") == 1


def test_who_confirms_what_was_declined_meanwhile_is_told_and_keeps_the_notes(screen_of: Hired, shop: Shop) -> None:
    path = scenes.review_of(scenes.conflict(shop, "evt-large"))
    scenes.change_tenant(shop, four_eyes_limit_minor=1_000)
    operator, mei, noor = screen_of("operator"), screen_of("supervisor"), screen_of("supervisor")
    operator.go(path)
    choose(operator, "LAST")
    write_notes(operator, "Checked with the store.")
    operator.press("Propose: post this version")
    for screen in (mei, noor):
        screen.go(path)
    mei.page.get_by_label("Your reason (required)").fill("No.")
    mei.press("Decline")
    noor.page.get_by_label("Your reason (required)").fill("I have seen the receipt.")
    with noor.refused(409):
        noor.press("Confirm")
    expect(noor.page.get_by_role("alert")).to_contain_text("has declined this proposal already.")
    noor.says("I have seen the receipt.")
    assert scenes.decided(shop) == []


def test_an_auditor_reads_everything_and_can_decide_nothing(screen_of: Hired, shop: Shop) -> None:
    case = scenes.conflict(shop, "evt-read")
    path = scenes.review_of(case)
    auditor = screen_of("auditor")
    auditor.go(INBOX)
    expect(auditor.page.locator("input[name=case]")).to_have_count(0)
    expect(auditor.page.get_by_role("button", name="Assign to me")).to_have_count(0)
    auditor.go(path)
    auditor.says("You can view this case. Operators can decide it.")
    expect(auditor.page.locator("form[method=post]").locator("visible=true")).to_have_count(0)

    forged = """async ([path, what]) => {
        const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
        const body = new URLSearchParams({csrfmiddlewaretoken: token, notes: "Let me.", ...what});
        return (await fetch(path, {method: "POST", body})).status;
    }"""
    ticked = {"do": "resolve", "case": case, "action": "mark_resolved_no_replay:"}
    for target, what in (
        (path, {"do": "no_replay"}),
        (path, {"do": "assign_me"}),
        (path.replace("/review/", "/preview/"), {"do": "preview"}),
        (f"{INBOX}bulk/", ticked),
        (f"{INBOX}bulk/", {"do": "replay_reason", "reason": "IDEMPOTENCY_CONFLICT"}),
    ):
        with auditor.refused(403):
            assert auditor.page.evaluate(forged, [target, what]) == 403
    assert scenes.decided(shop) == []
