"""A page of a real browser, which remembers everything that went wrong in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import User
from playwright.sync_api import BrowserType, ConsoleMessage, Dialog, Locator, Page, Request, Response, expect
from playwright.sync_api import Error as BrowserError

from tests.scenes.staff import PASSWORD, signed_in

WIDE: Final = (1440, 900)
NARROW: Final = (390, 844)
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
#: The browser's own word for an answer that is checked by its status already.
_REFUSED: Final = "Failed to load resource: the server responded with a status of"
#: What the script of a page took back itself: a preview that is out of date, a page that was left.
_TAKEN_BACK: Final = "net::ERR_ABORTED"
_TELL_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} refuses ${event.blockedURI} at ${event.sourceFile}`));
"""

expect.set_options(timeout=45_000)


class Screen:
    """One tab of one person's own browser. `problems` must be empty in the end."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.problems: list[str] = []
        self._refusals: list[int] = []
        self._tolerated: frozenset[int] = frozenset()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._blame(f"page error: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)
        page.add_init_script(_TELL_VIOLATIONS)

    # ── Moving about ────────────────────────────────────────────────────────────────────────────
    def go(self, path: str) -> Response:
        """Open a page of the product, and wait until it is quiet."""
        response = self.page.goto(self.base_url + path)
        assert response is not None
        self.settle()
        return response

    def settle(self) -> None:
        """Wait for the page and what its scripts ask for."""
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, person: User, password: str = PASSWORD) -> None:
        """Through the form, as people do."""
        self.go("/admin/login/")
        self.page.get_by_label("Username").fill(person.username)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def enter(self, person: User) -> "Screen":
        """Signed in already: with the cookie that signing in leaves."""
        cookie = signed_in(person).cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.base_url}])
        return self

    def press(self, name: str) -> None:
        """Press the button or follow the link of this name, before which an icon may stand: a word in a font."""
        exactly = re.compile(rf"^(?:[a-z_]+\s+)?{re.escape(name)}$")
        found = self.page.get_by_role("button", name=exactly).or_(self.page.get_by_role("link", name=exactly))
        found.locator("visible=true").first.click()
        self.settle()

    def open_menu_of_actions(self) -> None:
        """On a narrow screen the buttons above a list are in a menu; on a wide one there is none to open."""
        menu = self.page.get_by_text("more_horiz", exact=True).locator("visible=true")
        if menu.count():
            menu.first.click()
            self.settle()

    # ── What is there ───────────────────────────────────────────────────────────────────────────
    @property
    def path(self) -> str:
        """Where one is, without the server's address."""
        return self.page.url.removeprefix(self.base_url)

    @property
    def main(self) -> Locator:
        """The page without its frame."""
        return self.page.locator("#content")

    def says(self, *texts: str) -> None:
        """Every one of these can be read on the page."""
        for text in texts:
            expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def number(self, pattern: str) -> int:
        """The number a page tells: `pattern` has one group."""
        found = re.search(pattern, self.main.inner_text())
        assert found, f"{pattern} is not in: {self.main.inner_text()}"
        return int(found[1].replace(",", ""))

    def resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    @contextmanager
    def may_be_refused(self, *statuses: int) -> Iterator[None]:
        """Within, the server may answer with these, any number of times: it looks while somebody types."""
        self._tolerated = frozenset(statuses)
        yield
        self.settle()
        self._tolerated = frozenset()

    @contextmanager
    def refused(self, *statuses: int) -> Iterator[None]:
        """Within, the server is to answer with exactly these refusals; any other is a problem."""
        self._refusals = list(statuses)
        yield
        assert self._refusals == [], f"Nothing was refused with {self._refusals}."

    # ── What went wrong ─────────────────────────────────────────────────────────────────────────
    def _blame(self, what: str) -> None:
        self.problems.append(f"{self.page.url}: {what}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_REFUSED):
            self._blame(f"console: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._blame(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _on_failure(self, request: Request) -> None:
        if request.failure != _TAKEN_BACK:
            self._blame(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status in self._refusals:
            self._refusals.remove(response.status)
        elif response.status >= 400 and response.status not in self._tolerated:
            self._blame(f"answered {response.status}: {response.request.method} {response.url}")


@contextmanager
def browser(
    chromium: BrowserType, executable: str, profile: Path, base_url: str, size: tuple[int, int] = WIDE
) -> Iterator[Screen]:
    """A browser of somebody's own, with one tab."""
    how: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": "light"}
    context = chromium.launch_persistent_context(
        profile, executable_path=executable, headless=True, args=list(FLAGS), chromium_sandbox=False, **how
    )
    try:
        context.set_default_timeout(45_000)
        yield Screen(context.pages[0], base_url)
    finally:
        with suppress(BrowserError):  # it died: the test has failed already, and says at what
            context.close()
