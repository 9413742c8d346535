"""The pane beside the choice: it shows what the choice that is made now would do, or why that cannot be said."""

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.browser.test_working_the_queue import choose, patch, write_notes
from tests.conftest import Shop
from tests.scenes.staff import hire

Hired = Callable[[str], Screen]
PREVIEW = re.compile(r"/preview/$")


def opened(screen: Screen, shop: Shop) -> None:
    """A conflict, with LAST chosen and its money shown."""
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-preview")))
    choose(screen, "LAST")
    expect(screen.page.locator("[data-rv-preview]")).to_contain_text("This would be posted.")


def test_a_session_that_ended_leaves_no_preview_of_the_other_choice(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    opened(screen, shop)
    screen.page.context.clear_cookies(name="sessionid")
    with screen.refused(401):
        choose(screen, "FIRST")
        shown = screen.page.locator("[data-rv-preview]")
        expect(shown).to_have_text("No preview: you are signed out.")
    assert "USD" not in shown.inner_text()


def test_without_any_cookie_it_says_so_too(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    opened(screen, shop)
    screen.page.context.clear_cookies()
    with screen.refused(403):
        choose(screen, "FIRST")
        expect(screen.page.locator("[data-rv-preview]")).to_have_text("No preview: you are signed out.")


def test_a_server_that_refuses_leaves_no_preview_of_the_other_choice(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    opened(screen, shop)
    shown = screen.page.locator("[data-rv-preview]")
    screen.page.route(PREVIEW, lambda route: route.fulfill(status=500, body="<p>Drawer +99.00 USD</p>"))
    with screen.refused(500):
        choose(screen, "FIRST")
        expect(shown).to_have_text("No preview: the server refused.")
    screen.page.unroute(PREVIEW)
    choose(screen, "LAST")
    expect(shown).to_contain_text("This would be posted.")


def test_the_pane_is_empty_from_the_first_change_on(screen_of: Hired, shop: Shop) -> None:
    """Also in the half second before the server is asked, and while it has not answered."""
    screen = screen_of("operator")
    opened(screen, shop)
    shown = screen.page.locator("[data-rv-preview]")
    held: list[Route] = []
    screen.page.route(PREVIEW, lambda route: held.append(route))
    screen.page.evaluate("""() => {
        const first = document.querySelector("[name=chosen]");
        first.checked = true;
        first.dispatchEvent(new Event("input", {bubbles: true}));
        document.body.dataset.at = document.querySelector("[data-rv-preview]").textContent;
    }""")
    assert screen.page.evaluate("document.body.dataset.at") == "Working it out …"
    screen.page.wait_for_timeout(800)
    assert len(held) == 1
    expect(shown).to_have_text("Working it out …")
    held.pop().continue_()
    expect(shown).to_contain_text("This would change nothing in the books.")


def test_a_late_answer_to_an_earlier_choice_is_dropped(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    opened(screen, shop)
    shown = screen.page.locator("[data-rv-preview]")
    # The browser's own stopping of the earlier question is taken away: only the page itself can tell then.
    screen.page.evaluate("() => { AbortController.prototype.abort = () => undefined; }")
    held: list[Route] = []
    screen.page.route(PREVIEW, lambda route: held.append(route))
    choose(screen, "FIRST")
    screen.page.wait_for_timeout(800)
    choose(screen, "LAST")
    screen.page.wait_for_timeout(800)
    assert len(held) == 2
    held[1].continue_()
    expect(shown).to_contain_text("This would be posted.")
    with screen.page.expect_response(PREVIEW) as late:
        held[0].continue_()
    late.value.finished()
    screen.page.wait_for_timeout(200)
    expect(shown).to_contain_text("This would be posted.")
    expect(shown).not_to_contain_text("This would change nothing")


def test_the_button_asks_as_typing_does_and_nothing_is_loaded_anew(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-button")))
    shown = screen.page.locator("[data-rv-preview]")
    screen.page.evaluate("document.body.dataset.same = 'page'")
    screen.press("Preview")
    expect(shown).to_contain_text("Choose a version.")
    choose(screen, "LAST")
    patch(screen, '{"event_id": "another"}')
    expect(shown).to_contain_text("event_id")
    while_typing = shown.inner_text()
    screen.press("Preview")
    expect(shown).to_contain_text("event_id")
    assert shown.inner_text() == while_typing
    assert screen.page.evaluate("document.body.dataset.same") == "page"
    expect(screen.page.get_by_role("alert")).to_have_count(0)


def test_the_browser_asks_for_choice_and_notes_first(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-asks")))
    missing = "() => [...document.querySelectorAll('[data-rv-form] :invalid:not(fieldset)')].map((f) => f.name)"
    screen.press("Post this version")
    assert screen.page.evaluate(missing) == ["chosen", "chosen", "notes"]
    choose(screen, "LAST")
    screen.press("Post this version")
    assert screen.page.evaluate(missing) == ["notes"]
    assert scenes.decided(shop) == []


def test_without_a_replay_the_browser_asks_for_the_notes_alone(screen_of: Hired, shop: Shop) -> None:
    screen = screen_of("operator")
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-none")))
    screen.press("Dismiss, post nothing")
    missing = "() => [...document.querySelectorAll('[data-rv-form] :invalid:not(fieldset)')].map((f) => f.name)"
    assert screen.page.evaluate(missing) == ["notes"]
    write_notes(screen, "A test of the till.")
    screen.press("Dismiss, post nothing")
    screen.says("Dismissed: nothing was posted.")


def test_a_refusal_stands_beside_its_field_with_the_code_in_small_print(browse: Browse, shop: Shop) -> None:
    screen = browse().enter(hire("operator", shop))
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-field")))
    choose(screen, "LAST")
    write_notes(screen, "…")  # no letter in it: the browser lets it pass
    with screen.refused(400):
        screen.press("Post this version")
    alert = screen.page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert.locator("small")).to_have_text("NOTES_REQUIRED")
    box, notes = alert.bounding_box(), screen.page.locator("[data-rv-form] [name=notes]").bounding_box()
    assert box is not None
    assert notes is not None
    assert 0 <= notes["y"] - box["y"] - box["height"] < 60
