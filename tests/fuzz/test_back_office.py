"""Whatever is asked of the pages of the back office, no answer is a 5xx. New pages are asked by themselves."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.contrib.contenttypes.models import ContentType

from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.fuzz import odd, pages
from tests.fuzz.pages import Page
from tests.fuzz.stock import stocked
from tests.scenes.staff import boss, signed_in

_PARTS: Final = [
    odd.encoded(value)
    for value in (
        "\x00", "_00", "~00", "x" * 5_000, "9223372036854775808", "1" + "0" * 30, b"\xff\xfe", odd.UUID, "9999-12-31",
        "0001-01-01", "a/b", "\u0663", "0",
    )
]  # fmt: skip
_VALUES: Final = ["\x00", "x" * 5_000, "1" + "0" * 30, "9999-12-31", "0001-01-01", odd.UUID, "-1", "\u0663"]
#: Its page asks the workers, and waits a second for them.
_SLOW: Final = ("jobs_alive",)


@pytest.fixture
def shop(own_database: None) -> Iterator[Shop]:
    """A shop in a database of its own."""
    shop = open_shop()
    yield shop
    assert_books_clean(shop.tenant.id)


class Looking:
    """A superuser's browser, which keeps what failed."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.stock = shop, stocked(shop)
        self.browser = signed_in(boss(), raise_request_exception=False)
        self.failed: list[str] = []
        self.requests = 0

    def open(self, url: str, posted: dict[str, str] | None = None) -> Any:
        """One request; what the page shows is returned."""
        answer = self.browser.get(url) if posted is None else self.browser.post(url, posted)
        self.requests += 1
        if answer.status_code >= 500:
            self.failed.append(f"{'GET' if posted is None else 'POST'} {url[:200]} {str(posted)[:200]}")
        return answer

    def text_of(self, url: str) -> str:
        """A page as HTML; of a download nothing."""
        answer = self.open(url)
        return "" if answer.streaming else str(answer.content.decode("utf-8", "ignore"))

    def real(self, page: Page) -> dict[str, str]:
        return pages.real_values(page, self.shop, self.stock)

    def assert_nothing_failed(self, least: int) -> None:
        assert self.failed == []
        assert self.requests >= least


def test_odd_parts_of_paths(shop: Shop) -> None:
    looking = Looking(shop)
    for page in pages.pages():
        for name in page.parameters:
            for value in _PARTS:
                answer = looking.open(page.url(looking.real(page), **{name: value}))
                if value == _PARTS[0]:
                    assert answer.status_code == 404, page
    looking.assert_nothing_failed(500)


def test_the_short_cut_to_an_object_leads_nowhere(shop: Shop) -> None:
    looking = Looking(shop)
    for kind in ContentType.objects.all():
        for value in ("5", "x", odd.UUID, "1" + "0" * 30):
            assert looking.open(f"/admin/r/{kind.pk}/{value}/").status_code == 404
    looking.assert_nothing_failed(50)


def test_odd_parameters_of_pages(shop: Shop) -> None:
    looking = Looking(shop)
    for page in pages.pages():
        url = page.url(looking.real(page))
        with pages.recorded() as names:
            looking.open(url)
        if page.name in _SLOW:
            continue
        for turn, name in enumerate(sorted({*names, *pages.filter_names(page)} - {"csrfmiddlewaretoken"})):
            for value in _VALUES[turn % 4 :: 4]:
                looking.open(f"{url}?{odd.encoded(name)}={odd.encoded(value)}")
    looking.assert_nothing_failed(500)


def test_odd_fields_of_forms(shop: Shop) -> None:
    """Each field of each form once with a NUL, once too long, and once with a number nobody has."""
    looking = Looking(shop)
    for page in pages.pages():
        url = page.url(looking.real(page))
        if page.name in _SLOW or not (form := pages.form_values(looking.text_of(url))):
            continue
        with pages.recorded() as names:
            looking.open(url, form)
        for turn, name in enumerate(sorted(names | form.keys())):
            for value in ("\x00", _VALUES[1 + turn % 7]):
                looking.open(url, form | {name: value})
    looking.assert_nothing_failed(300)
