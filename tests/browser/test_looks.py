"""Every page of the back office, found by following its links: nothing sticks out, nothing is cut off.

Pages are told apart by the view that answers them, so that a new page is looked at by itself once a link leads there.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.urls import Resolver404, resolve
from django.utils import timezone

from exceptions.models import ExceptionCase
from pos.decisions import replay_jobs
from tests.browser import scenes
from tests.browser.conftest import Browse
from tests.browser.screen import NARROW, WIDE, Screen
from tests.conftest import Shop
from tests.scenes.staff import boss, hire

#: Downloads, and fragments that are parts of pages.
_NO_PAGES: Final = {
    "pos_rawevent_download",
    "pos_replayjob_progress",
    "logout",
    "jsi18n",
    "autocomplete",
    "jobs_alive",
    "audit_chains",
    "day-pack",
    "drawer-report",
    "daily-sales-export",
    "articles-export",
}
#: What sticks out of a page, and titles that are cut off or not there.
_FLAWS: Final = """() => {
    const flaws = [];
    const name = (part) => `${part.tagName.toLowerCase()}.${[...part.classList].slice(0, 3).join(".")}`;
    const wide = document.scrollingElement.scrollWidth;
    if (wide > innerWidth) {
        const out = [...document.body.querySelectorAll("*")].filter((part) => {
            const box = part.getBoundingClientRect();
            return box.width > 0 && box.right > innerWidth + 1 && !part.closest("[class*=overflow-x], .ls-table-box");
        });
        flaws.push(`${wide} px wide: ${out.slice(0, 4).map(name).join(", ")}`);
    }
    const titles = [...document.querySelectorAll("h1, h2")].filter((part) => part.checkVisibility?.());
    if (!titles.length) flaws.push("no title is visible");
    for (const title of titles) {
        const box = title.getBoundingClientRect();
        if (title.classList.contains("ls-sr") || box.width < 2) continue;
        if (box.left < -1 || box.right > innerWidth + 1) flaws.push(`${name(title)} is outside: ${title.innerText}`);
        const style = getComputedStyle(title);
        if (style.overflowX !== "visible" && title.scrollWidth > title.clientWidth + 1)
            flaws.push(`${name(title)} is cut off: ${title.innerText}`);
    }
    return flaws;
}"""
_LINKS: Final = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"


def view_of(path: str) -> str | None:
    """The name of the view that answers; None: it is no page of the back office."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    name = found.url_name or ""
    return None if not urlsplit(path).path.startswith("/admin/") or name in _NO_PAGES else name


class Walk:
    """Visits what links lead to, each view once: lists with other filters look alike."""

    def __init__(self, screen: Screen, *first: str) -> None:
        self.screen = screen
        self.seen: set[str] = set()
        self._waiting = list(first)
        self._known = set(first)

    def pages(self) -> Iterator[str]:
        while self._waiting:
            path = self._waiting.pop(0)
            name = view_of(path)
            if name is None or name in self.seen:
                continue
            self.seen.add(name)
            self.screen.go(path)
            yield path
            for link in self.screen.page.evaluate(_LINKS):
                target = link.removeprefix(self.screen.base_url).partition("#")[0]
                if link.startswith(self.screen.base_url) and target not in self._known:
                    self._known.add(target)
                    self._waiting.append(target)


@pytest.fixture
def furnished(shop: Shop) -> list[str]:
    """Something on every page. :returns: pages worth seeing that are views seen already."""
    long_id = "store-1/till-7/" + "x" * 150
    paths = [scenes.conflict(shop, long_id), scenes.mismatch(shop, "evt-lines"), scenes.unknown(shop, "evt-magic")]
    shop.send(shop.sale("evt-third") | {"total_amount": "not a number"})
    again = scenes.sale(shop, "evt-again")
    for _ in range(3):
        shop.send(again)
    hire("supervisor", shop)
    how: Any = {
        "reason_code": "UNKNOWN_EVENT_TYPE",
        "notes": "For the picture.",
        "actor": "user:test",
        "may_approve": False,
    }
    replay_jobs.request_replay(tenant_id=shop.tenant.id, now=timezone.now(), **how)
    assert ExceptionCase.objects.filter(tenant=shop.tenant).count() == 4
    lists = ["?state=resolved", "?state=mine", "?reason=IDEMPOTENCY_CONFLICT", "?q=nothing-like-it"]
    return [*(scenes.review_of(case) for case in paths), *(f"/admin/exceptions/exceptioncase/{q}" for q in lists)]


def flaws_on_both_screens(screen: Screen) -> list[str]:
    """On a wide screen and on a phone, in light and in dark; the page is loaded once."""
    flaws = []
    for width, height in (NARROW, WIDE):
        screen.page.set_viewport_size({"width": width, "height": height})
        flaws += [f"{width} px: {flaw}" for flaw in flaws_of(screen)]
    return flaws


def flaws_of(screen: Screen) -> list[str]:
    """In light and in dark."""
    found: list[Any] = []
    for is_dark in (False, True):
        # As a page does by itself when it is loaded on a dark system: see the last test.
        screen.page.evaluate("(dark) => document.documentElement.classList.toggle('dark', dark)", is_dark)
        found += [f"{screen.path}{' (dark)' if is_dark else ''}: {flaw}" for flaw in screen.page.evaluate(_FLAWS)]
    return found


def test_no_page_sticks_out_and_no_title_is_cut_off(browse: Browse, furnished: list[str]) -> None:
    screen = browse(WIDE).enter(boss())
    walk, flaws = Walk(screen, "/admin/", "/admin/two-step/"), []
    for _ in walk.pages():
        flaws += flaws_on_both_screens(screen)
    for path in furnished:
        screen.go(path)
        flaws += flaws_on_both_screens(screen)
    assert not flaws, "\n".join(flaws)
    lists = {f"{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry}
    assert lists - walk.seen == set(), f"no link leads there; seen: {sorted(walk.seen)}"


def test_nor_do_the_pages_before_the_door_and_those_that_refuse(browse: Browse, shop: Shop) -> None:
    screen = browse(WIDE)
    screen.go("/admin/login/")
    flaws = flaws_on_both_screens(screen)
    screen.enter(hire("operator", shop))
    nobodys = scenes.review_of("00000000-0000-0000-0000-000000000000")
    for path, status, title in ((nobodys, 404, "Page not found"), ("/admin/audit/auditentry/", 403, "Not allowed")):
        with screen.refused(status):
            screen.go(path)
        screen.says(title)
        flaws += flaws_on_both_screens(screen)
    assert not flaws, "\n".join(flaws)


def test_the_dark_side_is_dark(browse: Browse, shop: Shop) -> None:
    screen = browse().enter(boss())
    screen.page.emulate_media(color_scheme="dark")
    for path in ("/admin/", "/admin/exceptions/exceptioncase/", "/admin/login/"):
        screen.go(path)
        assert screen.page.evaluate("document.documentElement.classList.contains('dark')"), path
