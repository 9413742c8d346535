"""Daily sales in the back office: who sees whose, what is shown, and the files."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from pos.reports import roll_up_sales
from tests.conftest import Shop, open_shop
from tests.scenes.returns import about
from tests.scenes.staff import PASSWORD, boss, hire, signed_in

SPAN = {"from": "2026-02-24", "to": "2026-02-25"}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two stores, two days, a return; half of it rolled up."""
    assert shop.send(shop.sale("sold")).status_code == 201
    roll_up_sales(tenant_id=shop.tenant.id)
    assert shop.send(shop.sale("other", store_id="store-2", occurred_at="2026-02-24T09:00:00Z")).status_code == 201
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    assert shop.send(about(shop, "RETURN", "back", line_items=[line], method="cash")).status_code == 201
    return shop


def page(person: User, name: str = "daily-sales", *arguments: str, **parameters: Any) -> Any:
    return signed_in(person).get(reverse(name, args=arguments), parameters)


def test_it_shows_figures_charts_and_tables(sold: Shop) -> None:
    answer = page(hire("accountant", sold), **SPAN)
    assert answer.status_code == 200
    shown = answer.content.decode()
    for text in ("68.50", "77.00", "8.50", "store-2", "Wed 25 Feb 2026", "ls-chart-column", "Average basket", "34.25"):
        assert text in shown, text
    assert "<script>" not in shown.split("ls-page")[1]


def test_one_store_and_one_day_can_be_chosen(sold: Shop) -> None:
    shown = page(hire("auditor", sold), store_id="store-2", **SPAN).content.decode()
    assert "38.50" in shown
    assert "68.50" not in shown
    assert "No sales on these days" in page(hire("auditor", sold), **{"from": "2020-01-01"}).content.decode()


@pytest.mark.parametrize("wrong", [{"from": "x"}, {"from": "2026-02-25", "to": "2026-02-01"}])
def test_what_cannot_be_read_is_said_and_no_failure(sold: Shop, wrong: dict[str, str]) -> None:
    answer = page(hire("operator", sold), **wrong)
    assert (answer.status_code, b'role="alert"' in answer.content) == (200, True)


def test_nobody_sees_another_tenants_sales(sold: Shop) -> None:
    stranger = hire("accountant", open_shop())
    shown = page(stranger, tenant=sold.slug, **SPAN).content.decode()
    assert "store-2" not in shown
    assert page(stranger, "day-in-layers", sold.slug, "2026-02-25").status_code == 404
    assert page(hire("accountant", sold), "day-in-layers", sold.slug, "2026-02-25").status_code == 200
    rows = json.loads(page(stranger, "daily-sales-export", "json", tenant=sold.slug, **SPAN).content)
    assert rows["items"] == []


def test_people_without_a_role_see_nothing(sold: Shop) -> None:
    nobody = User.objects.create_user(f"nobody-{sold.slug}", password=PASSWORD, is_staff=True)
    for name, arguments in (("daily-sales", []), ("daily-sales-export", ["csv"]), ("day-in-layers", [sold.slug, "x"])):
        assert page(nobody, name, *arguments).status_code == 403


def test_the_files_have_the_same_lines(sold: Shop) -> None:
    person = hire("accountant", sold)
    found = json.loads(page(person, "daily-sales-export", "json", **SPAN).content)
    answer = page(person, "daily-sales-export", "csv", **SPAN)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["net_sales"] for row in rows] == [item["net_sales"] for item in found["items"]] == ["38.50", "30.00"]
    assert answer["Content-Disposition"].endswith('-2026-02-24-2026-02-25.csv"')
    assert page(person, "daily-sales-export", "exe", **SPAN).status_code == 404


def test_superusers_see_all_tenants_beside_each_other(sold: Shop) -> None:
    other = open_shop()
    assert other.send(other.sale("theirs")).status_code == 201
    shown = page(boss(), tenant="all", **SPAN).content.decode()
    assert sold.slug in shown
    assert other.slug in shown


def test_a_day_is_shown_in_every_layer(sold: Shop) -> None:
    shown = page(hire("operator", sold), "day-in-layers", sold.slug, "2026-02-25").content.decode()
    assert "No differences" in shown
    assert "Gross sales" in shown


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_not_found(sold: Shop, day: str) -> None:
    assert page(hire("operator", sold), "day-in-layers", sold.slug, day).status_code == 404


@pytest.mark.cooks_the_books
def test_a_difference_is_named(sold: Shop, as_owner: Any) -> None:
    for table in ("daily_sales", "sales"):
        as_owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    as_owner.execute("UPDATE daily_sales SET items_count = 99 WHERE tenant_id = %s", [sold.tenant.id])
    as_owner.execute(
        "UPDATE sales SET card_minor = 1 WHERE tenant_id = %s AND business_date = '2026-02-24'", [sold.tenant.id]
    )
    for table in ("daily_sales", "sales"):
        as_owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for table, name in as_owner.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
        " AND tgrelid IN ('daily_sales'::regclass, 'sales'::regclass)"
    ).fetchall():
        as_owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    as_owner.commit()
    person = hire("accountant", sold)
    gold = page(person, "day-in-layers", sold.slug, "2026-02-25").content.decode()
    assert ("sales and report" in gold, "Items" in gold, "99" in gold) == (True, True, True)
    books = page(person, "day-in-layers", sold.slug, "2026-02-24").content.decode()
    assert ("sales and books" in books, "22.50 USD" in books, "0.01 USD" in books) == (True, True, True)
    found = sold.get("/v1/reports/reconciliation", date="2026-02-24").json()
    assert found["balanced"] is False
    assert found["differences"] == [
        {"between": ["silver", "ledger"], "figure": "card", "currency": "USD", "store_id": None, "left": "0.01",
         "right": "22.50"},
    ]  # fmt: skip
