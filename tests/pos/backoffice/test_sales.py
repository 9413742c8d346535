"""Sales and articles in the back office: who sees whose, what is shown, and the files."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from ledgersafe.tenants import event_types
from tests.conftest import Shop, open_shop
from tests.scenes.event_types import events_of
from tests.scenes.projection import catch_up
from tests.scenes.returns import about
from tests.scenes.staff import PASSWORD, boss, hire, signed_in

SPAN = {"from": "2026-02-24", "to": "2026-02-25"}
LINE_B: dict[str, Any] = {"sku": "B", "qty": 1, "amount": 8.5}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two stores, a return and a void."""
    for event in (
        shop.sale("sold"),
        shop.sale("other", store_id="store-2"),
        about(shop, "RETURN", "back", line_items=[LINE_B], method="cash"),
        about(shop, "VOID", "undone", "other", store_id="store-2"),
    ):
        assert shop.send(event).status_code == 201
    catch_up(shop)
    return shop


def page(person: User, name: str, *arguments: str, **parameters: Any) -> Any:
    return signed_in(person).get(reverse(name, args=arguments), parameters)


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_lists_sales_newest_first(sold: Shop) -> None:
    text = shown(page(hire("accountant", sold), "sold", **SPAN))
    places = [text.index(f"txn-{name}") for name in ("undone", "back", "other", "sold")]
    assert places == sorted(places)
    assert reverse("sold-event", args=[sold.slug, "sold"]) in text
    assert "−42.50 USD" in text


def test_it_is_filtered_by_every_type_of_event_there_is(sold: Shop) -> None:
    for name in event_types.NAMES:
        for event in events_of(sold, name):
            assert sold.send(event).status_code == 201, event
    accountant = hire("accountant", sold)
    text = shown(page(accountant, "sold", **SPAN))
    assert tuple(re.findall(r'<option value="(\w+)"', text[text.index('id="sold-type"') :])) == event_types.NAMES
    everything = sold.get("/v1/sales", limit=500, **SPAN).json()["items"]
    for kind in event_types.NAMES:
        chosen = shown(page(accountant, "sold", event_type=kind, **SPAN))
        assert re.search(rf'<option value="{kind}"\s+selected>', chosen)
        told = sold.get("/v1/sales", event_type=kind, **SPAN).json()["items"]
        assert told == [item for item in everything if item["event_type"] == kind]
        assert bool(told) is (event_types.BY_NAME[kind].group is not event_types.Group.NOTHING)
        for item in everything:
            assert (reverse("sold-event", args=[sold.slug, item["event_id"]]) in chosen) is (item in told)


def test_every_row_has_a_cell_for_every_heading_and_says_how_it_was_paid(sold: Shop) -> None:
    text = shown(page(hire("accountant", sold), "sold", **SPAN))
    head, *rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    assert len(rows) == 4
    for row in rows:
        cells = re.split(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
        assert len(cells[1::2]) == len(re.findall(r"<th\b", head)) == 7
        assert "".join(cells[::2]).split() == []  # and nothing beside them
        assert cells[11].strip() in {"Cash", "Cash, Card"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "txn-sold"}, ["sold"]),
        ({"q": "back"}, ["back"]),
        ({"q": "sold", "from": "2020-01-01", "to": "2020-01-01"}, ["sold"]),
        ({"q": "nothing"}, []),
        ({"store_id": "store-2", **SPAN}, ["other", "undone"]),
        ({"event_type": "RETURN", **SPAN}, ["back"]),
        ({}, []),
    ],
)
def test_it_finds_what_is_searched_for(sold: Shop, asked: dict[str, str], found: list[str]) -> None:
    text = shown(page(hire("auditor", sold), "sold", **asked))
    seen = [name for name in ("back", "other", "sold", "undone") if f">txn-{name}<" in text]
    assert seen == found
    assert ("No sales found" in text) is not bool(found)


def test_older_sales_are_on_the_next_page(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos.backoffice.sales._PAGE", 3)
    client = signed_in(hire("operator", sold))
    first = client.get(reverse("sold"), SPAN)
    assert b">txn-sold<" not in first.content
    second = shown(client.get(reverse("sold") + first.context["older_url"]))
    assert ">txn-sold<" in second
    assert ">txn-undone<" not in second


def test_a_sale_is_shown_as_a_receipt_with_what_is_about_it(sold: Shop) -> None:
    text = shown(page(hire("operator", sold), "sold-event", sold.slug, "sold"))
    for said in ("30.00", "8.50", "Tax VAT 0.2", "42.50", "22.50 USD", "stripe", "Later changes", "Timeline"):
        assert said in text, said
    assert reverse("sold-event", args=[sold.slug, "back"]) in text
    back = shown(page(hire("operator", sold), "sold-event", sold.slug, "back"))
    assert ("−8.50" in back, "Original event" in back) == (True, True)


def test_an_event_of_markup_is_shown_as_text(shop: Shop) -> None:
    name = "<b>x</b>&'\""
    assert shop.send(shop.sale(name, line_items=[{"sku": "<i>y</i>", "amount": 38.5}])).status_code == 201
    text = shown(page(hire("operator", shop), "sold-event", shop.slug, name))
    assert ("<b>x</b>" in text, "<i>y</i>" in text, "&lt;i&gt;y" in text) == (False, False, True)


@pytest.mark.parametrize(
    "wrong", [{"from": "x"}, {"from": "2026-02-25", "to": "2026-02-01"}, {"cursor": "x"}, {"cursor": "WzFd"}]
)
@pytest.mark.parametrize("name", ["sold", "articles"])
def test_what_cannot_be_read_is_said_and_no_failure(sold: Shop, name: str, wrong: dict[str, str]) -> None:
    answer = page(hire("operator", sold), name, **wrong)
    assert answer.status_code == 200
    if name == "sold" or not {"q", "cursor"} & set(wrong):
        assert b'role="alert"' in answer.content


def test_nobody_sees_another_tenants_sales(sold: Shop) -> None:
    stranger = hire("accountant", open_shop())
    for name in ("sold", "articles"):
        assert "store-2" not in shown(page(stranger, name, tenant=sold.slug, **SPAN))
    assert "txn-sold" not in shown(page(stranger, "sold", tenant=sold.slug, q="txn-sold")).replace(
        'value="txn-sold"', ""
    )
    theirs, absent = (page(stranger, "sold-event", slug, "sold") for slug in (sold.slug, "no-such-shop"))
    assert (theirs.status_code, absent.status_code) == (404, 404)
    rows = json.loads(page(stranger, "articles-export", "articles", "json", tenant=sold.slug, **SPAN).content)
    assert rows["items"] == []


def test_people_without_a_role_see_nothing(sold: Shop) -> None:
    nobody = User.objects.create_user(f"nobody-{sold.slug}", password=PASSWORD, is_staff=True)
    for name, arguments in (
        ("sold", []),
        ("sold-event", [sold.slug, "sold"]),
        ("articles", []),
        ("articles-export", ["taxes", "csv"]),
    ):
        assert page(nobody, name, *arguments).status_code == 403


def test_articles_and_taxes_are_shown_with_bars_and_tables(sold: Shop) -> None:
    text = shown(page(hire("accountant", sold), "articles", **SPAN))
    for said in ("Top articles", "30.00", "Net qty", "VAT", "Based on sale lines in the books"):
        assert said in text, said
    assert "No articles sold" in shown(page(hire("accountant", sold), "articles", **{"from": "2020-01-01"}))
    assert "Top articles" in shown(page(boss(), "articles", tenant=sold.slug, **SPAN))


@pytest.mark.parametrize(("name", "column"), [("articles", "sku"), ("taxes", "code")])
def test_the_files_have_the_same_lines(sold: Shop, name: str, column: str) -> None:
    person = hire("accountant", sold)
    found = json.loads(page(person, "articles-export", name, "json", **SPAN).content)
    answer = page(person, "articles-export", name, "csv", **SPAN)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row[column] for row in rows] == [item[column] for item in found["items"]] != []
    assert answer["Content-Disposition"].endswith('-2026-02-24-2026-02-25.csv"')
    for wrong in (("articles", "exe"), ("tenders", "csv")):
        assert page(person, "articles-export", *wrong, **SPAN).status_code == 404
