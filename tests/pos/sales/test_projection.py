"""Projecting what was sold: in batches, by command and job, and past what cannot be read."""

from dataclasses import replace as replace_in
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from msgspec.structs import replace

from pos import tasks
from pos.contract import Event, LineItem, TaxLine, Tender
from pos.models.figures import Figures
from pos.sales import content_reader, project_sales, projection, retry_failures
from pos.sales.content import Content, content_made_of
from pos.sales.content_check import disagreement
from tests.books import assert_books_clean
from tests.conftest import Shop
from tests.scenes.fx import put
from tests.scenes.projection import catch_up, projected, rows_of, wait_for_the_horizon
from tests.scenes.returns import about


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Five sales of two days."""
    for number in range(5):
        day = "2026-02-24" if number < 2 else "2026-02-25"
        assert shop.send(shop.sale(f"s{number}", occurred_at=f"{day}T09:30:00Z")).status_code == 201
    return shop


def failures(shop: Shop) -> list[Any]:
    return shop.rows(
        """SELECT s.event_key, f.reason FROM sale_content_failures f JOIN sales s USING (journal_id)
        WHERE f.tenant_id = %s ORDER BY 1"""
    )


def test_it_reads_the_newest_day_first_and_goes_on_where_it_stopped(sold: Shop) -> None:
    wait_for_the_horizon(sold)
    assert projected(sold, 2, batch=2, batches=1) == 2
    assert sold.rows("SELECT DISTINCT business_date::text FROM sale_lines WHERE tenant_id = %s") == [("2026-02-25",)]
    told: list[int] = []
    assert projected(sold, 3, batch=2, on_progress=told.append) == 3
    assert told[-1] <= 3
    assert sold.number("sale_taxes") == 5
    assert project_sales(tenant_id=sold.tenant.id) == 0


def test_the_command_and_the_job_write_what_was_sold(sold: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    projected(sold, 5)
    call_command("project_sales", "--tenant", sold.slug)
    assert capsys.readouterr().out == f"{sold.slug}: 0 headers read.\n"
    assert sold.send(sold.sale("next")).status_code == 201
    tasks.project_sales()
    catch_up(sold)
    assert sold.number("sale_taxes") == 6


def test_the_command_refuses_a_tenant_nobody_knows(books: None) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("project_sales", "--tenant", "nobody-at-all")
    assert refused.value.returncode == 2


def test_the_job_goes_on_with_other_tenants_when_one_fails(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def fails(*, tenant_id: int) -> None:
        seen.append(tenant_id)
        raise RuntimeError("a bug")

    monkeypatch.setattr(projection, "project_sales", fails)
    projection.project_all()
    assert sold.tenant.id in seen


def test_what_cannot_be_read_holds_nobody_up_and_is_read_again(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(event: Event, *rest: Any) -> Content:
        if event.event_id == "s3":
            raise ValueError("a bug")
        return content_made_of(event, *rest)

    monkeypatch.setattr(content_reader, "content_made_of", fails)
    assert projected(sold, 5) == 5
    assert failures(sold) == [("s3", "ValueError: a bug")]
    assert sold.number("sale_taxes") == 4
    with pytest.raises(AssertionError, match="I44"):
        assert_books_clean(sold.tenant.id)
    assert retry_failures(tenant_id=sold.tenant.id) == 0
    monkeypatch.undo()
    assert retry_failures(tenant_id=sold.tenant.id) == 1
    assert (failures(sold), sold.number("sale_taxes")) == ([], 5)


def test_what_the_header_denies_is_not_written(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_reader, "content_made_of", _one_cent_off)
    assert projected(sold, 5) == 5
    ((key, reason),) = failures(sold)
    assert (key, reason) == ("s3", "Its header says otherwise: card 2251 for 2250.")
    monkeypatch.undo()
    assert retry_failures(tenant_id=sold.tenant.id) == 1


def test_what_postgres_refuses_is_told_and_holds_nobody_up(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should Python overlook a difference, the rows of that header alone are left out."""
    monkeypatch.setattr(content_reader, "content_made_of", _one_cent_off)
    monkeypatch.setattr(content_reader, "disagreement", lambda *_, **__: None)
    assert projected(sold, 5) == 5
    ((key, reason),) = failures(sold)
    assert (key, "are not what its header says" in reason) == ("s3", True)
    assert sold.number("sale_taxes") == 4
    monkeypatch.undo()
    call_command("project_sales", "--tenant", sold.slug)
    assert failures(sold) == []


def _one_cent_off(event: Event, *rest: Any) -> Content:
    content = content_made_of(event, *rest)
    if event.event_id != "s3":
        return content
    cash, card = content.tenders
    return replace_in(content, tenders=(cash, replace(card, amount_minor=card.amount_minor + 1)))


def test_what_was_paid_in_another_currency_is_in_its_own(shop: Shop) -> None:
    """Also with a gift card: the header's figures are those of the sale's currency."""
    rate = {"pair": "EUR/USD", "rate": "1.0832", "valid_from": "2026-02-25T00:00:00Z"}
    assert put(shop, rate).status_code == 201
    for name, method in (("cash", "CASH"), ("gift", "GIFT_CARD")):
        tenders = [{"method": method, "amount": "39.24", "currency": "EUR"}]
        assert shop.send(shop.sale(name, tenders=tenders)).status_code == 201
        assert shop.send(about(shop, "VOID", f"void-{name}", name)).status_code == 201
    assert projected(shop, 4) == 4
    assert failures(shop) == []
    assert rows_of(shop, "gift")[0][1] == [("GIFT_CARD", "", "EUR", 3924)]
    assert rows_of(shop, "void-cash")[0][1] == [("CASH", "", "EUR", -3924)]
    assert shop.rows("SELECT DISTINCT gift_card_minor, liabilities_minor FROM sales WHERE tenant_id = %s") == [(0, 0)]


# ── The comparison with the header ──────────────────────────────────────────────────────────────
FIGURES = Figures(sales_count=1, items=1, gross_minor=1000, tax_minor=200, total_minor=1200, cash_minor=1200)
CONTENT = Content(
    lines=(LineItem("A", 1, 1000, ""),),  # type: ignore[arg-type]
    tenders=(Tender("CASH", 1200, "USD", ""),),
    taxes=(TaxLine("VAT", "0.2", 200, inclusive=False),),
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"tax_minor": 201}, "tax 200 for 201"),
        ({"gross_minor": 999}, "goods 1000 for 999"),
        ({"returns_minor": 1}, "goods 1000 for 999"),
        ({"items": 2}, "lines 1 for 2"),
        ({"items": 0}, None),
        ({"cash_minor": 0, "card_minor": 1200}, "card 0 for 1200, cash 1200 for 0"),
        ({"external_minor": 1}, "external 0 for 1"),
        ({"house_account_minor": 1}, "house account 0 for 1"),
        ({"gift_card_minor": 1}, "gift cards and store credit 0 for 1"),
        ({"gift_card_minor": 1, "liabilities_minor": 1}, None),
        ({"sales_count": 0, "cash_minor": 7}, None),
    ],
)
def test_a_difference_is_named(changes: dict[str, int], told: str | None) -> None:
    wrong = disagreement(CONTENT, "USD", FIGURES._replace(**changes), is_tip=False)
    assert wrong == (f"Its header says otherwise: {told}." if told else None)


def test_a_gift_card_sold_is_no_goods() -> None:
    sold = replace_in(CONTENT, lines=(*CONTENT.lines, LineItem("G", 1, 500, "GIFT_CARD")))  # type: ignore[arg-type]
    figures = FIGURES._replace(items=2, liabilities_minor=500)
    assert disagreement(sold, "USD", figures, is_tip=False) is None
