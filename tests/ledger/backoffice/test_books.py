"""The pages of the books: what the tables say, whole, of the person's own tenants, and without a way to change it."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from ledger.backoffice.sheets import accounts
from ledger.backoffice.sheets.days import day_figures, day_sheet
from ledger.backoffice.sheets.search import amounts_in
from ledger.balances import balances
from ledger.models import Account, Journal, Period, Posting
from ledgersafe.tenants.models import Membership
from ledgersafe.values.money_text import grouped
from tests.conftest import Shop, open_shop


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


@pytest.fixture
def auditor(shop: Shop) -> Client:
    """Somebody who may look at everything of the shop, and only of the shop."""
    user = User.objects.create_user(f"auditor-{uuid.uuid4().hex[:10]}", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    Membership.objects.create(tenant=shop.tenant, user=user)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def journal_of(shop: Shop, key: str) -> Journal:
    return Journal.objects.get(tenant=shop.tenant, source_key=key)


def test_a_journal_shows_its_postings_as_lines_and_as_t_accounts(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale())
    page = auditor.get(f"/admin/ledger/journal/{journal_of(shop, 'evt-1').id}/change/")
    page_text = text(page)
    assert "Total balanced 42.50 42.50 USD" in page_text
    assert "Debits 42.50 = credits 42.50 USD" in page_text
    for account in ("DRAWER:store-1/till-1:USD", "CARD-CLEARING:stripe:USD", "SALES:USD", "SALES-TAX:VAT/0.2:USD"):
        assert page_text.count(account) == 2
    assert "active" in page_text


def test_a_journal_leads_to_what_caused_it(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale("evt/1 &?"))
    page = auditor.get(f"/admin/ledger/journal/{journal_of(shop, 'evt/1 &?').id}/change/").content.decode()
    links = re.findall(r'href="([^"]+)"', page)
    arrivals = next(link for link in links if "rawevent/?q=" in link)
    assert auditor.get(arrivals).status_code == 200
    timelines = [link for link in links if f"/timeline/{shop.slug}/" in link]
    assert [auditor.get(link.replace("&amp;", "&")).status_code for link in timelines] == [200] * len(timelines)


@pytest.mark.cooks_the_books  # the reversal alone: no decision of a person comes with it
def test_a_reversal_and_what_it_reverses_lead_to_each_other(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale())
    first = journal_of(shop, "evt-1")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "SELECT ledger_reverse_v1(%s, jsonb_build_array(jsonb_build_object("
            "'journal', %s::bigint, 'date', %s::date, 'at', now(), 'late', false)))",
            [shop.tenant.id, first.id, first.business_date],
        )
        cursor.execute("COMMIT")
    reversal = Journal.objects.get(tenant=shop.tenant, reverses=first)
    undone = text(auditor.get(f"/admin/ledger/journal/{first.id}/change/"))
    undoing = text(auditor.get(f"/admin/ledger/journal/{reversal.id}/change/"))
    assert "reversed" in undone
    assert "Reversal" in undone
    assert f"reverses #{first.id}" in undoing
    assert f"#{reversal.id}" in undone
    list_text = text(auditor.get("/admin/ledger/journal/"))
    assert f"reverses #{first.id}" in list_text


def test_journals_are_found_by_key_id_transaction_and_amount(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale("evt-a"))
    tenders = [{"method": "CASH", "amount": 10}]
    shop.send(shop.sale("evt-b", total_amount=10, line_items=None, tax_lines=None, tenders=tenders))
    first, second = journal_of(shop, "evt-a"), journal_of(shop, "evt-b")
    for term, expected in (
        ("evt-a", {"evt-a"}),
        (str(second.id), {"evt-b"}),
        ("txn-evt-a", {"evt-a"}),
        ("22.50", {"evt-a"}),
        ("10.00", {"evt-b"}),
        ("nothing like it", set()),
    ):
        page_text = text(auditor.get("/admin/ledger/journal/", {"q": term}))
        assert {row.source_key for row in (first, second) if f"#{row.id} " in page_text} == expected, term


def test_journals_are_filtered_by_day_and_kind(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale("evt-a"))
    shop.send(shop.sale("evt-b", occurred_at="2026-02-26T09:30:00Z"))
    for query, seen, unseen in (
        ({"day": "2026-02-25"}, "evt-a", "evt-b"),
        ({"day": "2026-02-26", "kind": "SALE"}, "evt-b", "evt-a"),
    ):
        page_text = text(auditor.get("/admin/ledger/journal/", query))
        assert seen in page_text
        assert unseen not in page_text
    for query in ({"kind": "REVERSAL"}, {"day": "yesterday"}, {"reversal": "yes"}):
        assert "evt-a" not in text(auditor.get("/admin/ledger/journal/", query))


def test_accounts_show_their_balances(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale())
    page_text = text(auditor.get("/admin/ledger/account/"))
    for row in balances.trial_balance(shop.tenant.id):
        assert f"{grouped(abs(row.balance_minor), 'USD')} {'Dr' if row.balance_minor > 0 else 'Cr'}" in page_text
    assert "38.50 Cr" in page_text


def test_an_account_shows_its_postings_with_the_running_balance_page_by_page(
    shop: Shop, auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        shop.send(shop.sale(f"evt-{number}", occurred_at=f"2026-02-{20 + number // 3}T09:30:00Z"))
    account = Account.objects.get(tenant=shop.tenant, code="SALES:USD")
    monkeypatch.setattr(accounts, "PAGE", 2)
    seen: list[accounts.AccountLine] = []
    cursor = ""
    for _ in range(4):
        sheet = accounts.account_sheet(account, cursor)
        seen += sheet.lines
        cursor = sheet.older
    assert cursor == ""
    amounts = [entry.amount.minor for entry in seen]
    assert len(amounts) == 7
    assert [entry.balance.minor for entry in seen] == [sum(amounts[place:]) for place in range(7)]
    for wrong in ("x", "2026-02-30.1.1", "2026-02-20.-1.1", "2026-02-20.1", f"2026-02-20.{2**70}.1"):
        assert auditor.get(f"/admin/ledger/account/{account.id}/change/", {"before": wrong}).status_code == 200


def test_a_day_shows_its_journals_by_kind_and_balances(shop: Shop, auditor: Client) -> None:
    shop.send(shop.sale())
    shop.send(shop.sale("evt-2", event_type="PAID_OUT", total_amount=5, line_items=None, tax_lines=None, tenders=None))
    day = Period.objects.get(tenant=shop.tenant)
    page_text = text(auditor.get(f"/admin/ledger/period/{day.id}/change/"))
    assert re.search(r"SALE 1 42\.50 USD", page_text)
    assert re.search(r"PAID_OUT 1 5\.00 USD", page_text)
    assert "Total balanced" in page_text
    sheet = day_sheet(day)
    debits = sum(Posting.objects.filter(tenant=shop.tenant, amount_minor__gt=0).values_list("amount_minor", flat=True))
    assert [total.movements[0].minor for total in sheet.totals] == [debits]
    assert {row.account.code: row.balance.minor for row in sheet.trial} == {
        row.code: row.balance_minor for row in balances.trial_balance(shop.tenant.id)
    }


def test_the_list_of_days_counts_journals_and_turnover(shop: Shop, auditor: Client) -> None:
    for number in range(3):
        shop.send(shop.sale(f"evt-{number}"))
    (day,) = Period.objects.filter(tenant=shop.tenant)
    for more in (0, 1):
        figures = day_figures([day])[day.pk]
        assert (figures.journals, [money.minor for money in figures.turnover]) == (3 + more, [4250 * (3 + more)])
        shop.send(shop.sale(f"evt-later-{more}"))
    assert "212.50 USD" in text(auditor.get("/admin/ledger/period/"))


@pytest.mark.parametrize("model", ["journal", "account", "period"])
def test_another_tenants_books_answer_like_absent_ones(shop: Shop, auditor: Client, model: str) -> None:
    other = open_shop()
    other.send(other.sale("evt-of-another"))
    shop.send(shop.sale("evt-of-ours"))
    (row_id,) = other.rows(f"SELECT min(id) FROM {model}s WHERE tenant_id = %s")[0]
    theirs = auditor.get(f"/admin/ledger/{model}/{row_id}/change/")
    absent = auditor.get(f"/admin/ledger/{model}/999999999999/change/")
    assert theirs.status_code == absent.status_code == 404
    assert other.slug not in text(auditor.get(f"/admin/ledger/{model}/"))
    assert "evt-of-another" not in text(auditor.get("/admin/ledger/journal/", {"q": "evt-of-another"}))


@pytest.mark.parametrize("model", ["journal", "account", "period"])
def test_the_number_of_queries_does_not_grow_with_the_rows(shop: Shop, auditor: Client, model: str) -> None:
    shop.send(shop.sale("evt-0"))
    auditor.get(f"/admin/ledger/{model}/")
    with counted() as few:
        auditor.get(f"/admin/ledger/{model}/")
    for number in range(1, 9):
        at = f"2026-02-{10 + number}T09:30:00Z"
        shop.send(shop.sale(f"evt-{number}", occurred_at=at, register_id=f"till-{number}"))
    with counted() as many:
        auditor.get(f"/admin/ledger/{model}/")
    assert len(many) == len(few) <= 14
    assert [sql for sql in many if re.search(r"count\(", sql, re.IGNORECASE) and f'FROM "{model}s"' in sql] == []


def test_texts_of_tills_are_shown_inert(shop: Shop, auditor: Client) -> None:
    nasty = '"><img src=x onerror=alert(1)>'
    shop.send(shop.sale(nasty, txn_id="<script>alert(2)</script>", register_id="<b>till</b>"))
    journal = journal_of(shop, nasty)
    day = Period.objects.get(tenant=shop.tenant)
    drawer = Account.objects.get(tenant=shop.tenant, role="DRAWER")
    for url in (
        "/admin/ledger/journal/",
        "/admin/ledger/account/",
        f"/admin/ledger/journal/{journal.id}/change/",
        f"/admin/ledger/account/{drawer.id}/change/",
        f"/admin/ledger/period/{day.id}/change/",
    ):
        page = auditor.get(url).content.decode()
        assert not re.search(r"<img src=x|<script>alert|<b>till", page), url


def test_amounts_are_read_as_people_write_them() -> None:
    assert amounts_in("42.50") == [4250, 42500]
    assert amounts_in("1,234") == [1234, 123400, 1234000]
    assert amounts_in("−7.125") == [7125]
    assert [amounts_in(text) for text in ("", ".", "4.2.5", "x", "1e5", "١", "9" * 30)] == [[]] * 7


def test_money_is_written_with_thousands_apart() -> None:
    assert [grouped(minor, "USD") for minor in (0, 5, -123456, 100_000_000)] == [
        "0.00", "0.05", "−1,234.56", "1,000,000.00",
    ]  # fmt: skip
    assert grouped(-1234567, "JPY") == "−1,234,567"
