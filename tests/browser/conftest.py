"""The product in a real browser: gunicorn on this worker's database, Chromium in front of it.

Every test fails on any error in the console, on an exception in a script, a violation of the content security
policy, a dialog, a request that failed, and an answer that refuses where no refusal was expected.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from ledgersafe.audit.sealing import seal_trail
from ledgersafe.demo.server import running_server
from tests.conftest import Shop
from tests.flows.processes import free_port
from tests.scenes.staff import hire

if TYPE_CHECKING:
    from tests.browser.screen import Screen

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDE: Final = (1440, 900)
Browse = Callable[..., "Screen"]


# ── Where there is no browser ───────────────────────────────────────────────────────────────────
class _WithoutDriver(pytest.Module):
    def collect(self) -> NoReturn:
        pytest.skip("playwright is not installed: make check installs it", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    """Without the driver the tests cannot even be imported."""
    return None if find_spec("playwright") else _WithoutDriver.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser at a time: they are heavy, and slow when they compete. None at all where there is none."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not os.access(CHROMIUM, os.X_OK):
                item.add_marker(pytest.mark.skip(reason=f"there is no {CHROMIUM}: apt-get install chromium"))


# ── Where there is one ──────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="package")
def server(books: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web server as `manage.py serve` runs it, on the test's database. It ends with this process, however."""
    url = urlsplit(os.environ["DATABASE_URL"])
    surroundings = {
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "LEDGERSAFE_DATA_DIR": str(tmp_path_factory.mktemp("served")),
    }
    with ExitStack() as served:
        with patch.dict(os.environ, surroundings), override_settings(WEB_WORKERS=1, WEB_THREADS=4):
            base_url = served.enter_context(running_server(free_port()))
        yield base_url


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The driver. It keeps an event loop in this thread, in which Django would otherwise refuse to use the database;
    so it ends with the last test of this folder."""
    from playwright.sync_api import sync_playwright

    with patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}), sync_playwright() as driver:
        yield driver.chromium
        # Under the loop Django has connections of its own, which nobody else closes.
        connection.close()


@pytest.fixture
def browse(server: str, chromium: Any, tmp_path: Path) -> Iterator[Browse]:
    """Open browsers; each is somebody's own. All are closed, and nothing may have gone wrong in any of them."""
    from tests.browser.screen import browser

    opened: list[Screen] = []
    with ExitStack() as browsers:

        def browse(size: tuple[int, int] = WIDE) -> "Screen":
            profile = tmp_path / f"profile-{len(opened)}"
            opened.append(browsers.enter_context(browser(chromium, CHROMIUM, profile, server, size)))
            return opened[-1]

        yield browse
    assert [problem for screen in opened for problem in screen.problems] == []


@pytest.fixture
def screen_of(browse: Browse, shop: Shop) -> Callable[[str], "Screen"]:
    """Hire somebody in a role for the shop; their browser, signed in."""
    return lambda role: browse().enter(hire(role, shop))


@pytest.fixture
def shop(shop: Shop) -> Iterator[Shop]:
    """As everywhere: its books must be clean in the end. Here the trail of what people did must be, too."""
    yield shop
    seal_trail(tenant_id=shop.tenant.id, everything=True)
    said = StringIO()
    call_command("verify_audit", "--tenant", shop.slug, stdout=said)
    assert "is as it was sealed" in said.getvalue()
