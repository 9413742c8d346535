"""Draws docs/images/ anew: `make screenshots`.

Private servers in a folder of their own, a made-up retailer with a day of sales behind it (`screenshots_seed`), the
real web server with its jobs, and Chromium in front of it. In the end the books and the trail are verified.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MOST_BYTES = 200_000
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
INBOX = "/admin/exceptions/exceptioncase/"
DEVICES = "/admin/pos/devices/"


class Camera:
    """A browser that signs in as whoever is wanted, and takes pictures."""

    def __init__(self, page: Any, base_url: str, retailer: Any) -> None:
        self.page = page
        self.base_url = base_url
        self.retailer = retailer
        self.too_large: list[str] = []

    def be(self, name: str) -> None:
        """Sign in as somebody else, by the form."""
        self.page.context.clear_cookies()
        self.go("/admin/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(self.retailer.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.settle()

    def go(self, path: str) -> None:
        self.page.goto(self.base_url + path)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready")

    def review(self, name: str) -> None:
        """The review page of an event of the story."""
        self.go(f"{INBOX}{self.retailer.cases[name][1]}/review/")

    def choose(self, version: str) -> None:
        """A version in the form that decides; waits for the preview that follows by itself."""
        self.page.locator(".rv-choice", has_text=re.compile(rf"^\s*{version}\b")).click()
        self.page.locator("[data-rv-preview] .rv-preview-box").wait_for()

    def notes(self, text: str) -> None:
        self.page.locator("[data-rv-form] [name=notes]").fill(text)

    def press(self, name: str) -> None:
        exactly = re.compile(rf"^(?:[a-z_]+\s+)?{re.escape(name)}$")  # an icon is a word in a font
        found = self.page.get_by_role("button", name=exactly).or_(self.page.get_by_role("link", name=exactly))
        found.locator("visible=true").first.click()
        self.settle()

    def take(self, name: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> None:
        """One picture of what is on the page; a page looks at the system's scheme when it is loaded."""
        self.page.set_viewport_size({"width": width, "height": height})
        if dark:
            self.page.emulate_media(color_scheme="dark")
            self.page.reload()
        self.settle()
        path = IMAGES / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", scale="css")
        if dark:
            self.page.emulate_media(color_scheme="light")
            self.page.reload()
        size = path.stat().st_size
        sys.stdout.write(f"{path.relative_to(ROOT)}  {size // 1024} KB\n")
        if size > MOST_BYTES:
            self.too_large.append(path.name)


# ── The pictures, in the order of docs/guides/work-the-queue.md ────────────────────────────────────────
def draw_the_day(camera: Camera) -> None:
    """From the sign-in page to a decided case."""
    camera.go("/admin/login/")
    camera.take("login", height=720)
    camera.be("anna")
    camera.go("/admin/")
    camera.take("dashboard", height=1300)
    camera.take("dashboard-dark", height=1300, dark=True)
    camera.go(INBOX)
    camera.take("inbox", height=920)
    camera.take("inbox-phone", width=390, height=844)
    camera.review("star")
    camera.take("review", height=1120)
    camera.take("review-dark", height=1120, dark=True)
    camera.take("review-phone", width=390, height=844)
    camera.page.set_viewport_size({"width": 1440, "height": 1250})
    camera.choose("LAST")
    camera.notes("Called the shop: the customer put one thing back. The second version is right.")
    camera.page.locator("[data-rv-form]").scroll_into_view_if_needed()
    camera.take("preview", height=920)
    camera.press("Post this version")
    camera.take("resolved", height=900)
    camera.press("Timeline")
    camera.take("timeline", height=1200)


def draw_four_eyes_and_bulk(camera: Camera) -> None:
    """What takes a second person, and what is done to many at once."""
    camera.retailer.limit("5.00")
    camera.review("third")
    camera.choose("LAST")
    camera.notes("The receipt in the drawer says the same as the second version.")
    camera.press("Propose: post this version")
    camera.be("mei")
    camera.review("third")
    camera.take("four-eyes", height=800)
    camera.go(f"{INBOX}?reason=TOTALS_MISMATCH")
    camera.page.get_by_label("Select all on this page").check()
    camera.press("Resolve…")
    camera.take("bulk", height=800)
    camera.retailer.limit(None)
    camera.retailer.switch_on("CASH_DROP")
    camera.go(f"{INBOX}?reason=UNKNOWN_EVENT_TYPE")
    camera.press("Replay all of this reason…")
    camera.page.get_by_label("Reason for the replay (required, kept in the audit log)").fill(
        "CASH_DROP is switched on: the shops bring cash to the safe now."
    )
    camera.take("replay", height=800)
    camera.press("Start the replay")
    camera.page.get_by_role("heading", name="Done", exact=True).wait_for(timeout=60_000)
    camera.page.reload()
    camera.page.get_by_role("heading", name="Done", exact=True).wait_for()
    camera.take("replay-done", height=800)


def draw_the_books(camera: Camera) -> None:
    """What it came to, and how it is proved."""
    camera.be("ines")
    _, case = camera.retailer.cases["resolved"]
    camera.go(f"{INBOX}{case}/review/")
    camera.page.get_by_role("link", name=re.compile(r"^New journal \d+$")).click()
    camera.settle()
    camera.take("journal", height=1000)
    camera.go("/admin/ledger/account/")
    camera.take("accounts", height=900)
    camera.page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
    camera.settle()
    camera.take("account", height=900)
    camera.go("/admin/ledger/period/")
    camera.page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
    camera.settle()
    camera.take("day", height=1100)
    camera.go("/admin/pos/daily-sales/")
    camera.take("daily-sales", height=1250)
    camera.go("/admin/ledger/drawer/")
    camera.take("drawers", height=700)
    camera.page.get_by_text("CLOSED", exact=False).first.wait_for()
    camera.page.locator("#result_list tbody tr", has_text=re.compile("closed", re.I)).locator("a").first.click()
    camera.settle()
    camera.take("drawer", height=1150)
    camera.go("/admin/audit/auditentry/")
    camera.page.locator(".su-chain-name, .su-chains form").first.wait_for()
    camera.take("audit", height=840)
    camera.go("/admin/django_celery_beat/periodictask/")
    camera.page.get_by_text("alive", exact=True).first.wait_for(timeout=60_000)
    camera.take("jobs", height=700)


def draw_what_was_sold(camera: Camera) -> None:
    """Receipts, articles, and the devices that rang them up."""
    camera.be("paul")
    slug = camera.retailer.tenant.slug
    camera.go(f"/admin/pos/sold/?tenant={slug}")
    camera.take("sales", height=800)
    camera.go(f"/admin/pos/sold/{slug}/{camera.retailer.sold[0]['event_id']}/")
    camera.take("receipt", height=900)
    camera.go(f"/admin/pos/articles/?tenant={slug}")
    camera.take("articles", height=1250)
    camera.go(f"{DEVICES}?tenant={slug}")
    camera.take("devices", height=700)


def draw_the_set_up(camera: Camera) -> None:
    """A tenant, and a key for its next till."""
    camera.be("theo")
    tenant = camera.retailer.tenant.pk
    camera.go(f"/admin/tenants/tenant/{tenant}/change/")
    camera.take("tenant", height=1200)
    camera.go(f"/admin/tenants/tenant/{tenant}/add-key/")
    camera.page.get_by_label("Name").fill("Harbour Street, till 3")
    camera.page.get_by_label("events:write").check()
    camera.press("Create key")
    camera.take("api-key", height=700)


# ── The surroundings ────────────────────────────────────────────────────────────────────────────
@contextlib.contextmanager
def private_servers() -> Iterator[None]:
    """Django on servers of this run alone. Whatever the environment names is left alone."""
    folder = tempfile.mkdtemp(prefix="ledgersafe-screenshots-")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CELERY_BROKER_URL", "AUDIT_ANCHOR_FILE"):
        os.environ.pop(name, None)
    os.environ |= {"LEDGERSAFE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "ledgersafe.settings", "WEB_WORKERS": "1"}
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver keeps an event loop in this thread
    sys.path.insert(0, str(ROOT))
    from ledgersafe import embedded

    try:
        embedded.ensure_servers()
        import django

        django.setup()
        from ledgersafe.operations import serving

        serving.migrate()
        yield
    finally:
        command = [sys.executable, "-m", "ledgersafe.embedded", "remove"]
        subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  our own command
        shutil.rmtree(folder, ignore_errors=True)


def prove() -> None:
    """The pictures are of books that hold."""
    from django.core.management import call_command

    call_command("verify_books")
    call_command("verify_audit")


def main() -> int:
    """Seed, serve, draw, prove."""
    if not os.access(CHROMIUM, os.X_OK):
        sys.stderr.write(f"There is no {CHROMIUM}: apt-get install chromium, or name one in CHROMIUM.\n")
        return 2
    IMAGES.mkdir(exist_ok=True)
    with private_servers(), tempfile.TemporaryDirectory() as profile:
        import screenshots_seed
        from playwright.sync_api import sync_playwright

        from ledgersafe.demo.server import running_server
        from ledgersafe.jobs import child_process

        retailer = screenshots_seed.make(datetime.now(UTC).replace(microsecond=0))
        log = (Path(os.environ["LEDGERSAFE_DATA_DIR"]) / "jobs.log").open("wb")
        with log, child_process.running(os.environ, log), running_server(8765) as base_url, sync_playwright() as driver:
            context = driver.chromium.launch_persistent_context(
                profile, executable_path=CHROMIUM, headless=True, args=list(FLAGS)
            )
            camera = Camera(context.pages[0], base_url, retailer)
            for draw in (draw_the_day, draw_four_eyes_and_bulk, draw_the_books, draw_what_was_sold, draw_the_set_up):
                draw(camera)
            context.close()
        prove()
    if camera.too_large:
        sys.stderr.write(f"More than {MOST_BYTES} bytes, make their windows smaller: {', '.join(camera.too_large)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
