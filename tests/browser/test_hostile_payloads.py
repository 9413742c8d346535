"""A payload that tries everything on whoever looks at it: it is text, wherever it is shown."""

import re
from typing import Any

import pytest

from exceptions.models import ExceptionCase
from ledger.models import Journal
from ledgersafe.audit.models import AuditEntry
from pos.models import RawEvent
from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import Screen
from tests.conftest import Shop
from tests.scenes.staff import boss

SCRIPT = "<script data-evil>window.hacked = 1; alert(1)</script>"
IMAGE = '"\'><img data-evil src=/evil onerror="window.hacked = 1">'
TEMPLATE = "{{ 7|add:35 }}{% csrf_token %}${7*6}{{constructor.constructor('window.hacked=1')()}}"
#: Turns the reading direction around, hides, joins: `gnp.exe` would be read as `exe.png`.
SLY = "abc\u202egnp.exe\u2066\u200b\u200f"
EVENT_ID = f"evt {SCRIPT}{IMAGE}{TEMPLATE}"[:200]
HOSTILE = f"{SCRIPT}{IMAGE}{TEMPLATE}{SLY}"


@pytest.fixture
def case(shop: Shop) -> ExceptionCase:
    """A conflict all of whose texts are hostile: a posted journal, an open case, and notes in the trail."""
    event = scenes.sale(shop, EVENT_ID, txn_id=f"{SCRIPT}{IMAGE}"[:200], source_system=SCRIPT[:64], reason=HOSTILE)
    event["line_items"] = [{"sku": f"{SCRIPT}{IMAGE}"[:64], "qty": 1, "amount": 38.5, "note": HOSTILE}]
    event["metadata"] = {HOSTILE: [HOSTILE], "__proto__": {"hacked": 1}}
    headers = {"HTTP_USER_AGENT": f"{SCRIPT}{IMAGE}"}
    assert shop.send(event, **headers).status_code == 201
    answer = shop.send(scenes.version_of(event) | {"line_items": [{"sku": HOSTILE, "amount": 37}]}, **headers)
    return ExceptionCase.objects.get(pk=answer.json()["exception_id"])


def look(screen: Screen, path: str, *, shows_id: bool = True) -> None:
    """Open a page and everything that is folded up on it: nothing of the payload has become part of the page."""
    screen.go(path)
    screen.page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    screen.settle()
    assert screen.page.evaluate("window.hacked") is None, path
    assert screen.page.locator("[data-evil]").count() == 0, path
    html: Any = screen.page.evaluate("document.documentElement.outerHTML")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200f]", html), f"invisible characters at {path}"
    if shows_id:
        screen.says("<script data-evil>")
        assert "{{ 7|add:35 }}" in html, f"the template is rendered at {path}"


def test_a_hostile_payload_is_inert_on_every_page_that_shows_it(
    browse: Browse, shop: Shop, case: ExceptionCase
) -> None:
    screen = browse().enter(boss())
    raw_id = RawEvent.objects.filter(tenant=shop.tenant).earliest("id").pk
    timeline = f"/admin/pos/rawevent/timeline/{shop.slug}/"
    for path in ("/admin/exceptions/exceptioncase/", "/admin/pos/rawevent/", f"/admin/pos/rawevent/{raw_id}/change/"):
        look(screen, path)
    look(screen, "/admin/", shows_id=False)
    look(screen, scenes.review_of(str(case.pk)))
    look(screen, screen.page.locator(f"a[href^='{timeline}']").first.get_attribute("href") or "")

    screen.go(scenes.review_of(str(case.pk)))
    screen.page.locator(".rv-choice", has_text=re.compile(r"^\s*FIRST\b")).click()
    notes = screen.page.locator("[data-rv-form] [name=notes]")
    notes.fill(SLY)
    with screen.refused(400):  # what nobody can see has no place in notes
        screen.press("Post this version")
    notes.fill(f"{SCRIPT}{IMAGE}{TEMPLATE}")
    screen.press("Post this version")
    screen.says("Resolved: the books did not change.")

    journal = Journal.objects.get(tenant=shop.tenant)
    entry = AuditEntry.objects.filter(tenant=shop.tenant, action="exceptions.case.resolved").get()
    look(screen, scenes.review_of(str(case.pk)))
    look(screen, "/admin/exceptions/exceptioncase/?state=resolved")
    look(screen, "/admin/ledger/journal/")
    look(screen, f"/admin/ledger/journal/{journal.pk}/change/")
    look(screen, f"/admin/audit/auditentry/{entry.pk}/change/")
    look(screen, "/admin/audit/auditentry/", shows_id=False)


def test_hostile_words_in_a_search_are_words(browse: Browse, shop: Shop) -> None:
    scenes.conflict(shop, "evt-1")
    screen = browse().enter(boss())
    screen.go("/admin/exceptions/exceptioncase/")
    screen.page.get_by_label("Search by event id, transaction id or amount").fill(f"{SCRIPT}{IMAGE}{TEMPLATE}")
    screen.press("Show")
    screen.says("Nothing matches these filters.")
    assert screen.page.locator("[data-evil]").count() == 0
    assert screen.page.evaluate("window.hacked") is None
