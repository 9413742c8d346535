"""Accounts over HTTP: opened, listed, changed, and every change kept."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from ledgersafe import setup
from tests.conftest import Shop, open_shop
from tests.guards.test_days_and_accounts import seal
from tests.scenes.transfers import change, move, open_account, open_accounts, transfer


def account(shop: Shop, code: str, more: str = "", **parameters: Any) -> Any:
    """`GET /v1/accounts/{code}`, the code quoted whole."""
    return shop.get(f"/v1/accounts/{quote(code, safe='')}{more}", **parameters)


def test_an_account_is_opened(shop: Shop) -> None:
    opened = open_account(shop, "BANK", "ASSET", "EUR")
    assert {name: opened[name] for name in ("code", "name", "ccy", "type", "status")} == {
        "code": "BANK", "name": "The BANK", "ccy": "EUR", "type": "ASSET", "status": "active",
    }  # fmt: skip
    assert account(shop, "BANK").json() == opened
    assert shop.rows("SELECT action FROM audit_log WHERE tenant_id = %s AND object_type = 'account'") == [
        ("ledger.account.opened",)
    ]


def test_a_code_is_taken_once_per_tenant(shop: Shop) -> None:
    open_account(shop, "BANK")
    again = shop.post("/v1/accounts", {"code": "BANK", "name": "B", "ccy": "USD", "type": "ASSET"})
    assert (again.status_code, again.json()["code"]) == (409, "ACCOUNT_EXISTS")
    open_account(open_shop(), "BANK")


@pytest.mark.parametrize("code", ["DRAWER:store-1/till-2:USD", "a/b/c", "100%", "a%2Fb", "naïve Ω", "a b?c#d", "x.y"])
def test_any_code_works_in_a_path(shop: Shop, code: str) -> None:
    opened = open_account(shop, code)
    for path in (f"/v1/accounts/{quote(code, safe='')}", f"/api/accounts/{quote(code, safe='/:')}/"):
        assert shop.get(path).json() == opened
    assert account(shop, code, "/history").json()["items"][0]["after"]["code"] == code
    assert change(shop, code, name="Renamed").json()["name"] == "Renamed"


BAD: dict[str, dict[str, Any]] = {
    "no code": {"code": None},
    "blank code": {"code": "  "},
    "code with spaces around": {"code": " x"},
    "code ends like a page": {"code": "a/history"},
    "code ends with a slash": {"code": "a/"},
    "line break": {"code": "a\nb"},
    "long code": {"code": "x" * 201},
    "number": {"code": 5},
    "no name": {"name": ""},
    "unknown currency": {"ccy": "XYZ"},
    "lower case": {"ccy": "usd"},
    "unknown type": {"type": "asset"},
    "no type": {"type": None},
    "metadata is a text": {"metadata": "x"},
}


@pytest.mark.parametrize("fields", BAD.values(), ids=BAD)
def test_what_is_no_account_is_refused(shop: Shop, fields: dict[str, Any]) -> None:
    answer = shop.post("/v1/accounts", {"code": "X", "name": "X", "ccy": "USD", "type": "ASSET"} | fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(fields))}"
    assert shop.number("accounts") == 0


def test_accounts_are_listed_by_code_and_filtered_page_by_page(shop: Shop) -> None:
    open_accounts(shop, "C", "A", "B")
    open_account(shop, "D", "REVENUE", "EUR")
    assert change(shop, "C", status="blocked").status_code == 200
    first = shop.get("/v1/accounts", limit=3).json()
    rest = shop.get("/v1/accounts", limit=3, cursor=first["next_cursor"]).json()
    assert [item["code"] for item in first["items"] + rest["items"]] == ["A", "B", "C", "D"]
    assert rest["next_cursor"] is None
    for filters, codes in (
        ({"type": "REVENUE"}, ["D"]),
        ({"ccy": "USD"}, ["A", "B", "C"]),
        ({"status": "blocked"}, ["C"]),
        ({"status": "active", "ccy": "USD"}, ["A", "B"]),
    ):
        assert [item["code"] for item in shop.get("/v1/accounts", **filters).json()["items"]] == codes
    assert shop.get("/v1/accounts", type="X").status_code == 400
    assert shop.get("/v1/accounts", cursor="W10").status_code == 400


def test_a_foreign_account_answers_like_an_absent_one(shop: Shop) -> None:
    open_account(open_shop(), "THEIRS")
    for code in ("THEIRS", "NOBODYS"):
        answers = account(shop, code), account(shop, code, "/history"), change(shop, code, name="Mine")
        assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
            (404, "There is no such account.")
        }


@pytest.mark.parametrize(
    "changes",
    [{"status": "gone"}, {"name": ""}, {"code": "Y"}, {"type": "EQUITY"}, {"ccy": "EUR"}, {"floor": "x"},
     {"floor": "1.001"}, {"floor": []}, {"metadata": 5}, {"status": []}],
)  # fmt: skip
def test_what_never_changes_or_makes_no_sense_is_refused(shop: Shop, changes: dict[str, Any]) -> None:
    before = open_account(shop, "X")
    assert change(shop, "X", **changes).status_code == 400
    assert account(shop, "X").json() == before


def test_every_change_is_kept_and_an_account_can_be_seen_as_it_was(shop: Shop) -> None:
    open_account(shop, "X")
    opened_at = timezone.now()
    assert change(shop, "X", name="New", metadata={"iban": "none"}).json()["metadata"] == {"iban": "none"}
    assert change(shop, "X", floor="-5.00", status="blocked").json()["floor"] == "-5.00"
    assert change(shop, "X", floor="-5", status="blocked").status_code == 200  # changes nothing
    items = account(shop, "X", "/history").json()["items"]
    assert [item["version"] for item in items] == [3, 2, 1]
    assert items[0]["before"]["status"] == "active"
    assert (items[0]["after"]["status"], items[0]["after"]["floor"]) == ("blocked", "-5.00")
    assert {item["actor"] for item in items} == {shop.principal.actor}
    assert items[2]["before"] is None
    then = account(shop, "X", "/history", as_of=opened_at.isoformat()).json()
    assert (then["account"]["name"], then["account"]["status"]) == ("The X", "active")
    long_ago = (opened_at - timedelta(days=1)).isoformat()
    assert account(shop, "X", "/history", as_of=long_ago).status_code == 404
    assert account(shop, "X", "/history", as_of="yesterday").status_code == 400
    assert [item["version"] for item in account(shop, "X", "/history", limit=2).json()["items"]] == [3, 2]
    actions = shop.rows("SELECT action FROM audit_log WHERE tenant_id = %s AND object_type = 'account' ORDER BY id")
    assert [action for (action,) in actions] == ["ledger.account.opened", *["ledger.account.changed"] * 2]


def test_an_account_that_a_sale_opened_has_a_history_too(shop: Shop) -> None:
    assert shop.send(shop.sale()).status_code == 201
    (item,) = account(shop, "SALES:USD", "/history").json()["items"]
    assert (item["version"], item["actor"]) == (1, "system:posting")


def test_a_change_of_status_is_told_to_whoever_remembers_the_tenant(shop: Shop) -> None:
    open_account(shop, "X")
    ((before,),) = shop.rows("SELECT version FROM tenants WHERE id = %s")
    change(shop, "X", name="Same to posters")
    assert shop.rows("SELECT version FROM tenants WHERE id = %s") == [(before,)]
    change(shop, "X", status="blocked")
    assert shop.rows("SELECT version FROM tenants WHERE id = %s") == [(before + 1,)]


def test_only_an_empty_account_is_closed(shop: Shop) -> None:
    open_accounts(shop, "A", "B")
    assert move(shop, "A", "B", "1").status_code == 201
    refused = change(shop, "A", status="closed")
    assert (refused.status_code, refused.json()["code"]) == (409, "ACCOUNT_NOT_EMPTY")
    assert move(shop, "B", "A", "1").status_code == 201
    assert change(shop, "A", status="closed").json()["status"] == "closed"
    assert move(shop, "A", "B", "1").status_code == 409
    assert change(shop, "A", status="active").status_code == 200
    assert move(shop, "A", "B", "1").status_code == 201


# ── Floors ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("kind", "sign"), [("ASSET", ""), ("EXPENSE", ""), ("LIABILITY", "-"), ("REVENUE", "-")])
def test_nothing_goes_below_a_floor_on_the_normal_side(shop: Shop, kind: str, sign: str) -> None:
    open_account(shop, "F", kind)
    open_account(shop, "B")
    assert change(shop, "F", floor="0").json()["floor"] == "0.00"
    inwards, outwards = (("F", "B"), ("B", "F")) if not sign else (("B", "F"), ("F", "B"))
    assert move(shop, *outwards, "0.01").json()["code"] == "INSUFFICIENT_FUNDS"
    assert move(shop, *inwards, "10").status_code == 201
    assert move(shop, *outwards, "10").status_code == 201
    assert move(shop, *outwards, "0.01").status_code == 409
    assert change(shop, "F", floor=None).json()["floor"] is None
    assert move(shop, *outwards, "0.01").status_code == 201


def test_a_floor_is_never_set_above_what_is_there(shop: Shop) -> None:
    open_accounts(shop, "F", "B")
    assert move(shop, "F", "B", "5").status_code == 201
    assert change(shop, "F", floor="5.01").json()["code"] == "BELOW_FLOOR"
    assert change(shop, "F", floor="5.00").status_code == 200


def test_a_floor_counts_what_closed_days_brought(shop: Shop) -> None:
    open_accounts(shop, "F", "B")
    assert move(shop, "F", "B", "5", value_date="2026-02-25").status_code == 201
    assert change(shop, "F", floor="0").status_code == 200
    seal(shop)
    assert move(shop, "B", "F", "5", value_date="2026-02-26").status_code == 201
    assert move(shop, "B", "F", "0.01", value_date="2026-02-26").status_code == 409


def test_moving_through_a_floored_account_in_one_transfer_is_allowed(shop: Shop) -> None:
    open_accounts(shop, "F", "B")
    assert change(shop, "F", floor="0").status_code == 200
    through = [("B", -5), ("F", 5), ("F", -5), ("B", 5)]
    entries = [{"account_code": code, "amount": amount, "ccy": "USD"} for code, amount in through]
    assert shop.post("/v1/transfers", transfer(*entries)).status_code == 201


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("scope", "reads", "writes"), [("ledger:read", 200, 403), ("events:read", 403, 403)])
def test_scopes_say_who_may_read_and_write(shop: Shop, scope: str, reads: int, writes: int) -> None:
    open_accounts(shop, "A", "B")
    _, key = setup.create_api_key(slug=shop.slug, scopes=[scope], actor="system:test", now=timezone.now())
    guest = Shop(shop.tenant, key, shop.principal)
    paths = "/v1/accounts", "/v1/accounts/A", "/v1/accounts/A/history", "/v1/journals"
    assert {guest.get(path).status_code for path in paths} == {reads}
    sent = guest.post("/v1/accounts", {}), guest.post("/v1/transfers", transfer()), change(guest, "A", name="x")
    more = guest.post("/v1/transfers/bulk", {"transfers": [transfer()]}), guest.post("/v1/journals/1/reverse", {})
    assert {answer.status_code for answer in (*sent, *more)} == {writes}
    assert shop.client.get("/v1/accounts").status_code == 401
