"""The dashboard tells what the tables tell, of a person's own tenants, at the same cost however many rows there are."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from exceptions.figures import Span, open_cases
from ledgersafe.backoffice import charts
from ledgersafe.dashboard import vitals
from ledgersafe.dashboard.panels import today_of
from ledgersafe.operations import verification
from ledgersafe.postgres.invariants import Finding, Invariant
from ledgersafe.tenants.models import Membership
from pos.reports import Scope, arrivals_by_hour, net_sales_by_store
from tests.conftest import Shop, open_shop


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside."""
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def signed_in(shop: Shop | None, *, superuser: bool = False) -> Client:
    """A person of the back office who works for the shop, and for nobody else."""
    name = f"person-{uuid.uuid4().hex[:10]}"
    make = User.objects.create_superuser if superuser else User.objects.create_user
    user = make(name, password="x", is_staff=True)
    if shop is not None and not superuser:
        Membership.objects.create(tenant=shop.tenant, user=user)
        user.groups.add(Group.objects.get(name="Operator"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sale(shop: Shop, number: int, **changes: Any) -> dict[str, Any]:
    """A sale of just now; 38.50 of its 42.50 are revenue."""
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    return shop.sale(f"evt-{number}", **{"occurred_at": at, "source_event_id": f"src-{number}"} | changes)


def text(page: Any) -> str:
    """What a page says, without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def scope(shop: Shop) -> Scope:
    return Scope(shop.tenant.id, "test")


def arrivals(shop: Shop) -> dict[str, int]:
    """Results of the last 24 hours, as the dashboard adds them up."""
    found: dict[str, int] = {}
    for numbers in arrivals_by_hour(scope(shop), now=timezone.now()).values():
        for result, number in numbers.items():
            found[result] = found.get(result, 0) + number
    return found


def test_arrivals_are_counted_by_what_became_of_them(shop: Shop) -> None:
    first = sale(shop, 1)
    for body in (first, first, first, first | {"total_amount": 43}, sale(shop, 2, event_type="MAGIC"), b"{broken"):
        shop.send(body)
    told = dict(shop.rows("SELECT result, count(*) FROM event_outcomes WHERE tenant_id = %s GROUP BY 1"))
    assert arrivals(shop) == told == {"processed": 1, "duplicate": 2, "quarantined": 2, "rejected": 1}
    for number in range(3, 6):
        shop.send(sale(shop, number))
    assert arrivals(shop)["processed"] == 4


def test_the_last_24_hours_have_24_bars_and_older_arrivals_none(shop: Shop) -> None:
    shop.send(sale(shop, 1))
    later = timezone.now() + timedelta(hours=30)
    hours = arrivals_by_hour(Scope(shop.tenant.id, "later"), now=later)
    assert len(hours) == 24
    assert set(map(len, hours.values())) == {0}


def test_net_sales_are_the_revenue_postings_of_the_day_by_store(shop: Shop) -> None:
    day = today_of(shop.tenant, timezone.now())
    for number in range(4):
        shop.send(sale(shop, number, store_id=f"store-{number % 2}"))
    shop.send(sale(shop, 9, occurred_at=(timezone.now() - timedelta(days=2)).isoformat()))
    sold = {row.store_code: row.net_minor for row in net_sales_by_store({shop.tenant.id: day})}
    (revenue,) = shop.rows(
        "SELECT -sum(p.amount_minor) FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s AND a.type = 'REVENUE' AND p.business_date = %s",
        day,
    )[0]
    assert sold == {"store-0": 7700, "store-1": 7700}
    assert sum(sold.values()) == revenue
    shop.send(sale(shop, 10, store_id="store-1"))
    again = {row.store_code: row.net_minor for row in net_sales_by_store({shop.tenant.id: day})}
    assert again == {"store-0": 7700, "store-1": 11550}


def test_open_exceptions_are_told_by_reason_age_day_and_currency(shop: Shop) -> None:
    shop.send(sale(shop, 1, event_type="MAGIC"))
    shop.send(sale(shop, 2, total_amount=99, currency="EUR"))
    now = timezone.now()
    span = Span(shop.tenant.id, now.date(), now - timedelta(hours=1), now + timedelta(hours=1))
    cases = {case.reason_code: case for case in open_cases(shop.tenant.id, [span], now=now)}
    assert {code: (case.number, case.age, case.currency, case.business_date) for code, case in cases.items()} == {
        "UNKNOWN_EVENT_TYPE": (1, 0, cases["UNKNOWN_EVENT_TYPE"].currency, now.date()),
        "TOTALS_MISMATCH": (1, 0, "EUR", now.date()),
    }
    ages = [open_cases(shop.tenant.id, [span], now=now + timedelta(days=days))[0].age for days in (0, 2, 5, 30)]
    assert ages == [0, 2, 3, 4]
    at_risk = shop.rows("SELECT reason_code, amount_at_risk_minor FROM exceptions WHERE tenant_id = %s")
    assert {code: case.at_risk_minor for code, case in cases.items()} == {code: minor or 0 for code, minor in at_risk}


def test_the_page_shows_the_figures(shop: Shop) -> None:
    for body in (sale(shop, 1), sale(shop, 2), sale(shop, 3, total_amount=99)):
        shop.send(body)
    page = text(signed_in(shop).get("/admin/"))
    assert "Received, last 24 h 3 2 posted" in page
    assert "Needs a decision 1" in page
    assert "TOTALS_MISMATCH" in page
    assert "77.00 USD" in page
    assert re.search(r"running 1 99\.00 USD|running 1 42\.50 USD", page)


def test_a_reason_leads_to_its_cases_in_the_inbox(shop: Shop) -> None:
    shop.send(sale(shop, 1, event_type="MAGIC"))
    shop.send(sale(shop, 2, total_amount=99))
    boss = signed_in(None, superuser=True)
    page = boss.get(f"/admin/?tenant={shop.slug}").content.decode()
    link = re.search(r'href="([^"]+reason=UNKNOWN_EVENT_TYPE[^"]*)"', page)
    assert link
    inbox = text(boss.get(link[1].replace("&amp;", "&")))
    assert "evt-1" in inbox
    assert "evt-2" not in inbox


def test_a_person_sees_their_own_tenants_alone(shop: Shop) -> None:
    other = open_shop()
    other.send(sale(other, 1, event_type="MAGIC"))
    other.send(sale(other, 2, store_id="secret-store"))
    person = signed_in(shop)
    for url in (f"/admin/?tenant={other.slug}", f"/admin/figures/?tenant={other.slug}", "/admin/?tenant=all"):
        page = person.get(url)
        assert page.status_code == 200
        assert other.slug not in page.content.decode()
        assert "secret-store" not in page.content.decode()
        assert "UNKNOWN_EVENT_TYPE" not in page.content.decode()


def test_a_superuser_sees_all_and_may_choose(shop: Shop) -> None:
    other = open_shop()
    other.send(sale(other, 1, store_id=f"store-of-{other.slug}", currency="CHF"))
    boss = signed_in(None, superuser=True)
    assert f"store-of-{other.slug}" in text(boss.get("/admin/?tenant=all"))
    assert f"store-of-{other.slug}" not in text(boss.get(f"/admin/?tenant={shop.slug}"))
    boss.get(f"/admin/?tenant={shop.slug}")
    again = boss.get("/admin/").content.decode()  # what was chosen is remembered
    assert re.search(rf'value="{shop.slug}"\s+selected', again)


def test_a_new_tenant_is_told_how_to_send_its_first_event(shop: Shop) -> None:
    page = text(signed_in(shop).get("/admin/"))
    assert "Nothing has arrived yet" in page
    assert "curl http://testserver/v1/events" in page
    assert shop.slug in page
    shop.send(sale(shop, 1))
    assert "curl" not in text(signed_in(shop).get("/admin/"))


def test_somebody_without_a_tenant_is_told_whom_to_ask(books: None) -> None:
    page = text(signed_in(None).get("/admin/"))
    assert "No tenant yet" in page
    assert "tenant administrator" in page


def test_nobody_gets_the_figures_without_signing_in(books: None) -> None:
    assert Client().get("/admin/figures/").status_code == 302


def test_texts_of_tills_are_shown_inert(shop: Shop) -> None:
    shop.send(sale(shop, 1, store_id="<script>alert(1)</script>"))
    page = signed_in(shop).get("/admin/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_carries_no_script_and_no_handler_of_its_own(shop: Shop) -> None:
    shop.send(sale(shop, 1))
    fragment = signed_in(shop).get("/admin/figures/").content.decode()
    assert "<script" not in fragment
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", fragment)


def test_the_number_of_queries_does_not_grow_with_the_rows(shop: Shop) -> None:
    person = signed_in(shop)
    shop.send(sale(shop, 0))
    shop.send(sale(shop, 1, event_type="MAGIC"))
    person.get("/admin/")
    with counted() as few:
        person.get("/admin/")
    for number in range(2, 40):
        kind = ("SALE", "MAGIC")[number % 2]
        shop.send(sale(shop, number, event_type=kind, store_id=f"store-{number % 7}"))
    with counted() as many:
        person.get("/admin/")
    assert len(many) == len(few) <= 20


def test_no_query_reads_a_growing_table_whole(shop: Shop) -> None:
    shop.send(sale(shop, 0))
    person = signed_in(shop)
    person.get("/admin/")
    with counted() as statements:
        person.get("/admin/")
    assert [
        sql for sql in statements if re.search(r"count\(\*\).*FROM \"?(events_raw|journals|postings)\"?\s*$", sql)
    ] == []


def test_the_last_check_of_the_books_is_told(books: None) -> None:
    holds = Invariant("I01", "Holds.", lambda snapshot: iter(()))
    cache.delete(verification._LAST)
    now = timezone.now()
    assert vitals._books(now).state == "not run yet"
    verification._remember([Finding(holds, (), 0, 0.0)])
    assert vitals._books(now).state == "all 1 invariants hold"
    verification._remember([Finding(holds, (), 2, 0.0)])
    assert (vitals._books(now).state, vitals._books(now).tone) == ("I01 broken", "bad")
    cache.delete(verification._LAST)


def test_a_queue_that_does_not_answer_is_told_and_waited_for_briefly(settings: Any) -> None:
    settings.CELERY_BROKER_URL = settings.REDIS_URL = "redis://127.0.0.1:1/0"
    start = datetime.now(UTC)
    assert vitals._queue().tone == vitals._cache().tone == "bad"
    assert datetime.now(UTC) - start < timedelta(seconds=3)


@pytest.mark.parametrize(
    ("seconds_ago", "state", "tone"), [(None, "not started yet", "warn"), (20, "on time", "ok"), (600, "1 late", "bad")]
)
def test_jobs_that_nobody_starts_are_told(books: None, seconds_ago: int | None, state: str, tone: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        PeriodicTask.objects.all().delete()
        if seconds_ago is not None:
            minute = IntervalSchedule.objects.create(every=60, period="seconds")
            started = now - timedelta(seconds=seconds_ago)
            PeriodicTask.objects.create(name="a job", task="a.job", interval=minute, last_run_at=started)
        vital = vitals._jobs(now)
        transaction.set_rollback(True)
    assert (vital.state, vital.tone) == (state, tone)


def test_bars_are_piled_up_and_fill_the_scale() -> None:
    chart = charts.stacked([("a", {"x": 6, "y": 2}), ("b", {})], ["x", "y"])
    (lower, upper), none = chart.columns[0].shapes, chart.columns[1].shapes
    assert (lower.y, lower.height, upper.y, upper.height) == ("25.000", "75.000", "0.000", "25.000")
    assert none == []
    assert [label for _, label in chart.lines] == ["8", "6", "4", "2", "0"]


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 8), (33, 40), (107, 120), (999, 1200), (12_345, 16_000)]
)
def test_a_scale_ends_at_a_round_number(highest: int, top: int) -> None:
    assert charts.nice_maximum(highest) == top


def test_somebody_without_a_role_sees_no_figures(shop: Shop) -> None:
    shop.send(sale(shop, 1))
    client = signed_in(shop)
    User.objects.get(pk=client.session["_auth_user_id"]).groups.clear()
    for path in ("/admin/", "/admin/figures/"):
        page = text(client.get(path))
        assert "no tenant or role" in page
        assert "Received, last 24 h" not in page
