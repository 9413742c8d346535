"""Every page of the back office, opened by following its own links: none shows an object as Python spells it."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from ledger.models import Drawer
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.backoffice.pages import Badge, Card, Cell
from ledgersafe.tenants.models import Store
from pos.decisions import replay_jobs
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.scenes import drawers, fx
from tests.scenes.days import DAY, after, close, sell
from tests.scenes.projection import catch_up
from tests.scenes.staff import boss, hire, signed_in

_LINKS: Final = re.compile(r'(?:href|hx-get|data-ls-live)="([^"#]+)')
#: Python's way to spell an object, and what is nothing to read.
_REPRS: Final = re.compile(
    r"(?:Cell|Badge|Button|Card|Money|Decimal|Counter|datetime\.\w+)\(|&lt;[\w.]+(?: object| at 0x|:)|<ledgersafe|"
    r">\s*(?:None|True|False|nan)\s*<"
)
#: Nothing to read by a link: what is posted, answers a script, or signs somebody out.
_NOT_PAGES: Final = {
    "logout", "jsi18n", "autocomplete", "view_on_site", "login", "second-step", "audit_verify", "exceptions_bulk",
    "exceptions_preview", "toggle_sidebar",
}  # fmt: skip
#: So many addresses of each kind are opened: filters, orders and pages of a list are the same page.
_EACH: Final = 3


@pytest.fixture
def shop(own_database: None) -> Iterator[Shop]:
    """A shop in a database of its own."""
    shop = open_shop()
    yield shop
    assert_books_clean(shop.tenant.id)


def stock(shop: Shop) -> None:
    """Something of everything the pages show."""
    for event in (shop.sale(), shop.sale(), shop.sale(total_amount=43), shop.sale("evt-2", event_type="MAGIC")):
        shop.send(event)
    shop.send(b'{"broken')
    numbered = {"device_id": "till-1", "occurred_at": f"{after(DAY)}T09:30:00Z"}
    for seq in (1, 2, 5):
        shop.send(shop.sale(f"seq-{seq}", device_seq=seq, **numbered))
    shop.send(shop.sale("ret-1", event_type="RETURN", references={"original_event_id": "evt-1"}))
    shop.send(shop.sale("pay-1", event_type="PAYOUT", total_amount=5, line_items=None, tax_lines=None, tenders=None))
    drawer = drawers.open_drawer(shop, "till-9", cash=0, blind=True)
    drawers.done(shop, drawer, "SALE", 500)
    assert drawers.count(shop, drawers.open_drawer(shop, "till-8"), 9_000).status_code == 200
    assert drawers.close(shop, drawers.open_drawer(shop, "till-7"), 9_900).status_code == 200
    fx.open_banks(shop)
    fx.quote(shop)
    assert fx.settle(shop).status_code == 201
    sell(shop, day := after(DAY, -1))
    close(shop, day)
    replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Looked at.",
        actor="system:test",
        may_approve=False,
        now=timezone.now(),
    )
    catch_up(shop)
    hire("operator", shop)
    every, _ = IntervalSchedule.objects.get_or_create(every=60, period="seconds")
    CrontabSchedule.objects.get_or_create(minute="5", timezone="UTC")
    PeriodicTask.objects.get_or_create(name="a job", task="ledgersafe.tasks.verify_all_books", interval=every)
    seal_trail(tenant_id=shop.tenant.id, everything=True)


def own_pages(patterns: list[Any], path: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every address below /admin/."""
    for pattern in patterns:
        route = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from own_pages(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("admin/") and pattern.name:
            yield pattern.name, route


class Crawl:
    """A browser without scripts that opens what the pages link to, a few of each kind."""

    def __init__(self, client: Client, *starts: str) -> None:
        self.client = client
        self.pages: dict[str, str] = {}
        self.names: set[str] = set()
        self._kinds: Counter[Any] = Counter()
        self._known = set(starts)
        self._waiting = deque(starts)
        while self._waiting:
            self._open(self._waiting.popleft())

    def _open(self, url: str) -> None:
        match = resolve(urlsplit(url).path)
        if match.url_name in _NOT_PAGES:
            return
        kind = (
            match.view_name,
            match.kwargs.get("kind"),
            tuple(sorted(name for name, _ in parse_qsl(urlsplit(url).query))),
        )
        self._kinds[kind] += 1
        if self._kinds[kind] > _EACH:
            return
        answer = self.client.get(url)
        # 286: a part of a page that is read again and again, and says that it will not change any more.
        assert answer.status_code in {200, 286, 302, 403}, (url, answer.status_code)
        if answer.status_code == 302:
            assert "e=1" not in answer.headers["Location"], url
            self._note(url, answer.headers["Location"])
        if answer.status_code != 403:
            self.names.add(match.url_name or "")
        if answer.status_code == 200 and not answer.streaming and "html" in answer.headers["Content-Type"]:
            self.pages[url] = answer.content.decode()
            for link in _LINKS.findall(self.pages[url]):
                self._note(url, unescape(link))

    def _note(self, page: str, link: str) -> None:
        url = urljoin(page, link)
        if url.startswith("/admin/") and url not in self._known:
            self._known.add(url)
            self._waiting.append(url)


def objects() -> Iterator[str]:
    """Addresses of each model's list, form and newest row, whether or not a page links to them."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        newest = model._default_manager.order_by("-pk").first()
        assert newest is not None, name
        for page in ("change", "history", "delete"):
            yield reverse(f"{name}_{page}", args=[newest.pk])


def out_of_the_way(shop: Shop) -> Iterator[str]:
    """Pages that are linked to in another month, by another state of things, or after a form."""
    days = f"?tenant={shop.slug}&from={after(DAY, -1)}&to={after(DAY)}"
    for name in ("sold", "articles", "daily-sales"):
        yield reverse(name) + days
    yield reverse("admin:password_change_done")
    for name, rows in (
        ("admin:auth_user_second-factor", User.objects.all()),
        ("admin:tenants_store_set_zone", Store.objects.filter(tenant=shop.tenant)),
        ("drawer-adjust", Drawer.objects.filter(tenant=shop.tenant)),
    ):
        yield reverse(name, args=[rows.order_by("pk").values_list("pk", flat=True)[0]])


def test_no_page_shows_an_object_as_python_spells_it(shop: Shop) -> None:
    stock(shop)
    chief = signed_in(boss())
    crawl = Crawl(chief, "/admin/", *objects(), *out_of_the_way(shop))
    verified = chief.post(reverse("admin:audit_verify", args=[shop.tenant.id]))
    assert "verified" in verified.content.decode()
    crawl.pages["verify now"] = verified.content.decode()
    assert len(crawl.pages) > 100
    odd = {url: found.group() for url, page in crawl.pages.items() if (found := _REPRS.search(page))}
    assert odd == {}
    unseen = {name for name, _ in own_pages(get_resolver().url_patterns)} - crawl.names - _NOT_PAGES
    assert {name for name in unseen if not name.endswith(("_add", "_delete"))} == set()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.0, "0.0"), ("", "–"), (None, "–"), (False, "no"), (True, "yes"), ("text", "text"), (7, "7")],
)
def test_nothing_is_a_dash_and_zero_is_zero(value: Any, shown: str) -> None:
    card = Card("Title", facts=[("bare", value), ("cell", Cell(value))], rows=[[value, Cell(value, mono=True)]])
    assert [cell.shown for _, cell in card.fact_cells] == [shown, shown]
    assert [cell.shown for cell in card.row_cells[0]] == [shown, shown]


def test_a_badge_says_it_all() -> None:
    for given in (Badge("late", "warning"), Cell("", badge=Badge("late", "warning"))):
        (cell,) = (cell for _, cell in Card("Title", facts=[("State", given)]).fact_cells)
        assert (cell.shown, cell.badge) == ("", Badge("late", "warning"))
