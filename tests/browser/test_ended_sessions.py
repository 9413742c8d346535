"""The session ends while somebody types: they are told, sign in, and go on where they were."""

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from pos.decisions import replay_jobs
from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.browser.test_working_the_queue import choose, patch, write_notes
from tests.conftest import Shop
from tests.scenes.staff import PASSWORD, hire

Hired = Callable[[str], Screen]
NOTES = "The manager of store-1 says: 41.00."


def typed(screen: Screen, name: str) -> str:
    return screen.page.locator(f"[data-rv-form] [name={name}]").input_value()


def sign_in(screen: Screen, person: User) -> None:
    """In the sign-in page that came instead of what was asked for."""
    screen.page.get_by_label("Username").fill(person.username)
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.press("Sign in")


def test_a_decision_comes_back_after_signing_in_and_is_made(browse: Browse, shop: Shop) -> None:
    person, screen = hire("operator", shop), browse()
    screen.enter(person)
    screen.go(scenes.review_of(scenes.conflict(shop, "evt-ended")))
    choose(screen, "LAST")
    write_notes(screen, NOTES)
    screen.page.context.clear_cookies(name="sessionid")
    with screen.may_be_refused(401):
        screen.press("Post this version")
    screen.says("You were signed out; your decision was not saved.", "Sign in to return to the form")
    assert shop.number("exception_resolutions") == 0

    sign_in(screen, person)
    screen.says("Your input is restored")
    assert typed(screen, "notes") == NOTES
    expect(screen.page.locator(".rv-choice", has_text="LAST").locator("input")).to_be_checked()
    screen.press("Post this version")
    screen.says("Resolved: the chosen version is posted.")
    assert shop.number("journals") == 3


def test_without_any_cookie_the_text_is_there_to_copy_and_in_the_form_again(browse: Browse, shop: Shop) -> None:
    """The server must not put it back, for nobody vouches for it; the tab itself has kept it."""
    person, screen = hire("operator", shop), browse()
    screen.enter(person)
    path = scenes.review_of(scenes.conflict(shop, "evt-cookie"))
    screen.go(path)
    choose(screen, "LAST")
    patch(screen, '{"reason": "checked"}')
    write_notes(screen, NOTES)
    screen.settle()
    screen.page.context.clear_cookies()
    with screen.may_be_refused(403):
        screen.press("Post this version")
    screen.says("You were signed out. Nothing was saved. Copy your text, sign in, and try again.")
    expect(screen.page.get_by_label("Notes")).to_have_value(NOTES)
    screen.sign_in(person)
    screen.go(path)
    screen.says("Your input is restored")
    assert (typed(screen, "notes"), typed(screen, "patch")) == (NOTES, '{"reason": "checked"}')
    expect(screen.page.locator("[data-rv-preview]")).to_contain_text("This would be posted.")


def test_a_page_that_was_left_keeps_its_text_until_it_is_decided_or_discarded(screen_of: Hired, shop: Shop) -> None:
    path, other = (scenes.review_of(scenes.conflict(shop, name)) for name in ("evt-left", "evt-other"))
    screen = screen_of("operator")
    screen.go(path)
    choose(screen, "LAST")
    write_notes(screen, NOTES)
    screen.go(other)
    assert typed(screen, "notes") == ""
    screen.go(path)
    assert typed(screen, "notes") == NOTES
    screen.press("Discard")
    assert typed(screen, "notes") == ""
    screen.go(path)
    assert typed(screen, "notes") == ""
    choose(screen, "LAST")
    write_notes(screen, NOTES)
    screen.press("Post this version")
    screen.says("Resolved: the chosen version is posted.")
    assert screen.page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('ls-draft:'))") == []


def test_a_proposal_that_was_kept_leaves_an_empty_form(screen_of: Hired, shop: Shop) -> None:
    path = scenes.review_of(scenes.conflict(shop, "evt-proposal"))
    scenes.change_tenant(shop, four_eyes_limit_minor=1_000)
    screen = screen_of("operator")
    screen.go(path)
    choose(screen, "LAST")
    write_notes(screen, NOTES)
    screen.press("Propose: post this version")
    screen.says("Your decision is saved as a proposal.")
    assert typed(screen, "notes") == ""


def test_in_the_same_tab_nobody_sees_what_another_person_typed(browse: Browse, shop: Shop) -> None:
    first, second = hire("operator", shop), hire("operator", shop)
    screen = browse()
    screen.enter(first)
    path = scenes.review_of(scenes.conflict(shop, "evt-tab"))
    screen.go(path)
    choose(screen, "LAST")
    write_notes(screen, NOTES)
    screen.page.context.clear_cookies(name="sessionid")
    with screen.may_be_refused(401):
        screen.press("Post this version")
    sign_in(screen, second)
    assert screen.path.startswith(path)
    assert typed(screen, "notes") == ""
    assert screen.page.evaluate("JSON.stringify({...sessionStorage})").find("41.00") == -1


def test_any_other_form_comes_back_too(browse: Browse, shop: Shop) -> None:
    """Here that of a new store, far from the queue."""
    person, screen = hire("tenant_administrator", shop), browse()
    screen.enter(person)
    screen.go(f"/admin/tenants/tenant/{shop.tenant.pk}/change/")
    screen.press("Add store")
    screen.page.locator("[name=code]").fill("north")
    screen.page.locator("[name=name]").fill("North & West")
    screen.page.context.clear_cookies(name="sessionid")
    with screen.may_be_refused(401):
        screen.press("Create store")
    screen.says("You were signed out; what you sent was not saved.")
    sign_in(screen, person)
    screen.says("What you typed is back")
    screen.press("Create store")
    screen.says("Store north created.")


def test_figures_that_are_read_again_do_not_look_current_when_signed_out(screen_of: Hired, shop: Shop) -> None:
    shop.send(scenes.sale(shop, "evt-figures"))
    screen = screen_of("operator")
    screen.go("/admin/")
    screen.page.context.clear_cookies(name="sessionid")
    screen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    screen.says("Signed out: sign in again")
    expect(screen.page.locator("[data-ls-live]")).to_have_class(re.compile(r"\bls-stale\b"))


def test_a_part_of_a_page_that_is_read_again_says_that_one_is_signed_out(screen_of: Hired, shop: Shop) -> None:
    """And shows no sign-in page in its place."""
    scenes.unknown(shop, "evt-job")
    job = replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Looked at.",
        actor="system:test",
        may_approve=False,
        now=timezone.now(),
    )
    screen = screen_of("supervisor")
    screen.page.goto(f"{screen.base_url}/admin/pos/replayjob/{job.pk}/change/")
    screen.says("Waiting for a worker")
    screen.page.context.clear_cookies(name="sessionid")
    screen.says("Not up to date: you are signed out.")
    expect(screen.page.locator("[data-ls-frame]")).to_have_class(re.compile(r"\bls-stale\b"))
    expect(screen.page.get_by_label("Password")).to_have_count(0)
    replay_jobs.run_replay(job_id=job.pk)
