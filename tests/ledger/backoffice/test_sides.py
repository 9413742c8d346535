"""One balance, written in one way: the amount and its side, on every page of the books."""

import re
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.accounts import ROLES
from ledger.backoffice.sheets.sides import Balance, sided, usual_side
from ledger.balances import balances
from ledger.models import Account, AccountType, Period
from tests.conftest import Shop
from tests.scenes import fx
from tests.scenes.bookkeeping import BANK, EQUITY, RETURNS, SALES, TAX, post
from tests.scenes.staff import hire, signed_in

#: Written down by hand: account type, role, minor units (debit positive), text, whether it is marked.
TABLE: Final = [
    ("ASSET", "BANK", 9_500, "95.00 Dr", False),
    ("ASSET", "BANK", -9_500, "95.00 Cr", True),
    ("EXPENSE", "PROCESSOR_FEES", 1, "0.01 Dr", False),
    ("EXPENSE", "", -123_456, "1,234.56 Cr", True),
    ("LIABILITY", "GIFT_CARDS", -406_940, "4,069.40 Cr", False),
    ("LIABILITY", "GIFT_CARDS", 113_647, "1,136.47 Dr", True),
    ("EQUITY", "OPENING_EQUITY", -100, "1.00 Cr", False),
    ("EQUITY", "", 100, "1.00 Dr", True),
    ("REVENUE", "SALES", -4_250, "42.50 Cr", False),
    ("REVENUE", "SALES", 4_250, "42.50 Dr", True),
    ("REVENUE", "RETURNS", 850, "8.50 Dr", False),
    ("REVENUE", "DISCOUNTS", -850, "8.50 Cr", True),
    ("ASSET", "FX_CLEARING", -850, "8.50 Cr", False),
    ("EXPENSE", "OVER_SHORT", -235, "2.35 Cr", False),
    ("EXPENSE", "OVER_SHORT", 235, "2.35 Dr", False),
    *((kind, "", 0, "0.00", False) for kind in AccountType.values),
]


@pytest.mark.parametrize(("kind", "role", "minor", "text", "marked"), TABLE)
def test_an_amount_and_its_side(kind: str, role: str, minor: int, text: str, marked: bool) -> None:
    balance = Balance(minor, "USD", kind, role)
    assert (balance.text, balance.is_unusual, bool(balance.remark)) == (text, marked, marked)


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1,234,567 Cr"), ("KWD", "1,234.567 Cr")])
def test_a_currency_has_its_own_decimals(currency: str, text: str) -> None:
    assert Balance(-1_234_567, currency, "LIABILITY").text == text
    assert sided(-1_234_567, currency, named=True) == text.replace(" Cr", f" {currency} Cr")


def test_every_role_has_the_side_of_its_type_unless_it_says_otherwise() -> None:
    other = {name for name, role in ROLES.items() if usual_side(role.type, name) != usual_side(role.type)}
    assert other == {
        "RETURNS", "DISCOUNTS", "COMPS", "FX_CLEARING", "SUSPENSE", "ROUNDING", "OVER_SHORT", "FX_GAIN_LOSS",
    }  # fmt: skip


def plain(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def accountant(shop: Shop) -> Client:
    return signed_in(hire("accountant", shop))


@pytest.fixture
def booked(shop: Shop) -> Shop:
    """Sales in credit, returns in debit, a bank account overdrawn, tax that was paid before it was owed."""
    day = timezone.now().date()
    post(shop, day, (EQUITY, -10_000), (RETURNS, 10_000), key="a")
    post(shop, day, (BANK, -300_000), (TAX, 406_940), (SALES, -106_940), key="b")
    return shop


BOOKED: Final = {
    "OPENING-EQUITY:USD": ("100.00 Cr", False),
    "RETURNS:USD": ("100.00 Dr", False),
    "BANK:USD": ("3,000.00 Cr", True),
    "SALES-TAX:USD": ("4,069.40 Dr", True),
    "SALES:USD": ("1,069.40 Cr", False),
}


@pytest.mark.cooks_the_books  # journals without a cause
def test_list_page_rows_and_trial_balance_say_the_same(booked: Shop, accountant: Client) -> None:
    list_page = accountant.get("/admin/ledger/account/").content.decode()
    day = Period.objects.get(tenant=booked.tenant)
    of_the_day = accountant.get(f"/admin/ledger/period/{day.pk}/change/").content.decode()
    for code, (text, marked) in BOOKED.items():
        account = Account.objects.get(tenant=booked.tenant, code=code)
        page = accountant.get(f"/admin/ledger/account/{account.pk}/change/").content.decode()
        closing = re.findall(r"<td[^>]*>(.*?)</td>", row_of(of_the_day, code), re.DOTALL)[3:5]
        assert [cell.strip() for cell in closing] == ([text[:-3], ""] if text.endswith("Dr") else ["", text[:-3]])
        assert ("unusual side" in row_of(of_the_day, code)) is marked
        for fragment in (row_of(list_page, code), head_of(page), row_of(page, "TEST")):
            assert text in " ".join(re.sub(r"<[^>]+>", " ", fragment).split()), code
            assert ("unusual side" in fragment) is marked, code
        assert not re.search(r"[−-]\d", re.sub(r"<[^>]+>|\d{4}-\d\d-\d\d", " ", head_of(page) + row_of(page, "TEST")))


def row_of(page: str, word: str) -> str:
    """The row of a table that has this word in it."""
    rows = [row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if re.search(rf"\b{word}\b", row)]
    assert len(rows) == 1
    return str(rows[0])


def head_of(page: str) -> str:
    """The tile with the account's balance."""
    match = re.search(r'<section class="ls-stat".*?</section>', page, re.DOTALL)
    assert match
    return match.group()


def test_the_open_position_has_sides_too(shop: Shop, accountant: Client) -> None:
    fx.open_banks(shop)
    fx.quote(shop)
    assert fx.settle(shop).status_code == 201
    page_text = plain(accountant.get(reverse("admin:ledger_fxsettlement_position"), {"tenant": shop.slug}))
    assert "100.00 EUR Dr" in page_text
    assert "108.32 USD Cr" in page_text


@pytest.mark.cooks_the_books  # journals without a cause
def test_the_api_keeps_its_signs(booked: Shop) -> None:
    for row in balances.trial_balance(booked.tenant.id):
        text, _ = BOOKED[row.code]
        balance = booked.get(f"/v1/accounts/{row.code}/balance").json()["balance"]
        assert balance == ("-" if text.endswith("Cr") else "") + text[:-3].replace(",", "")
