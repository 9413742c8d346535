"""Many at once: a supervisor resolves what was ticked, and has a whole reason replayed."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from ledgersafe.tenants import event_types
from pos.decisions import replay_jobs
from pos.models import ReplayJob
from tests.browser import scenes
from tests.browser.screen import Screen
from tests.conftest import Shop

INBOX = "/admin/exceptions/exceptioncase/"
Hired = Callable[[str], Screen]


def tick(screen: Screen, *event_ids: str) -> None:
    for event_id in event_ids:
        screen.page.get_by_role("checkbox", name=f"Select {event_id}", exact=True).check()


def test_a_supervisor_resolves_the_ticked_ones_and_the_others_stay(screen_of: Hired, shop: Shop) -> None:
    for number in (1, 2, 3):
        scenes.conflict(shop, f"evt-{number}")
    supervisor = screen_of("supervisor")
    supervisor.go(INBOX)
    tick(supervisor, "evt-1", "evt-3")
    supervisor.says("2 selected:")
    supervisor.press("Resolve…")
    dialog = supervisor.page.locator("#rv-resolve")
    dialog.get_by_text("Keep the FIRST version of each").click()
    with supervisor.refused(400):
        dialog.get_by_role("button", name="Resolve", exact=True).click()
        supervisor.settle()
    # Without notes nothing happens, and what was chosen is still there.
    supervisor.page.get_by_label("Reason (required, kept in the audit log)").fill("Retries of an old till.")
    expect(supervisor.page.get_by_label("Keep the FIRST version of each")).to_be_checked()
    supervisor.press("Resolve")
    supervisor.says("2 events resolved.")
    expect(supervisor.page.locator("[data-rv-row]")).to_have_count(1)
    assert len(scenes.decided(shop)) == 2
    assert shop.number("journals") == 3


def test_assigning_from_the_inbox(screen_of: Hired, shop: Shop) -> None:
    scenes.conflict(shop, "evt-1")
    operator = screen_of("operator")
    operator.go(INBOX)
    tick(operator, "evt-1")
    operator.press("Assign to me")
    operator.says("1 event assigned to operator-")
    operator.page.get_by_role("link", name=re.compile(r"^Mine")).click()
    expect(operator.page.locator("[data-rv-row]")).to_have_count(1)
    expect(operator.page.get_by_role("button", name="Resolve…")).to_have_count(0)


def test_a_reason_is_replayed_after_its_event_type_was_switched_on(screen_of: Hired, shop: Shop) -> None:
    scenes.change_tenant(shop, enabled_event_types=["NO_SALE"])
    for number in (1, 2):
        scenes.unknown(shop, f"evt-{number}", "SALE")
    scenes.unknown(shop, "evt-magic")
    scenes.change_tenant(shop, enabled_event_types=list(event_types.NAMES))
    supervisor = screen_of("supervisor")
    supervisor.go(f"{INBOX}?reason=UNKNOWN_EVENT_TYPE")
    supervisor.press("Replay all of this reason…")
    supervisor.page.get_by_label("Reason for the replay (required, kept in the audit log)").fill("SALE is switched on.")
    supervisor.press("Start the replay")
    job = ReplayJob.objects.get(tenant=shop.tenant)
    assert supervisor.path == f"/admin/pos/replayjob/{job.pk}/change/"
    supervisor.says("of 3 events has started")
    expect(supervisor.page.locator(".rv-job progress")).to_have_attribute("value", "0")

    # What a worker does: the page asks again by itself, and stops when the job is done.
    replay_jobs.run_replay(job_id=job.pk)
    expect(supervisor.page.locator(".rv-job progress")).to_have_attribute("value", "3")
    supervisor.says("UNKNOWN_EVENT_TYPE")
    supervisor.go(INBOX)
    expect(supervisor.page.locator("[data-rv-row]")).to_have_count(1)
    assert shop.number("journals") == 2
