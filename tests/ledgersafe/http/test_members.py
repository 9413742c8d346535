"""Members of a body that nobody knows: every command of the API refuses them by name, and does nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from ledgersafe import setup
from tests.conftest import Shop
from tests.scenes.days import DAY, close, sell
from tests.scenes.desk import conflict
from tests.scenes.device_numbers import send_numbers
from tests.scenes.drawers import open_drawer
from tests.scenes.fx import YESTERDAY, open_banks, quote, settlement
from tests.scenes.transfers import balances, entry, open_account, open_accounts, transfer

#: A till's own words: what is unknown in them is kept, or a sale would be lost.
EVENTS = {"events_create", "events_batch"}
NOTES = {"action": "override_and_replay", "resolution_notes": "Counted again."}


class Sent(NamedTuple):
    """A request that is carried out as it is."""

    method: str
    path: str
    body: dict[str, Any]
    status: int = 201
    media_type: str = "application/json"


def account(shop: Shop) -> Sent:
    return Sent("post", "/v1/accounts", {"code": "A", "name": "Bank", "ccy": "USD", "type": "ASSET"})


def account_change(shop: Shop) -> Sent:
    open_account(shop, "A")
    return Sent("patch", "/v1/accounts/A", {"name": "Safe"}, 200)


def explanation(shop: Shop) -> Sent:
    send_numbers(shop, 1, 4)
    body = {"first_seq": 2, "last_seq": 3, "reason": "It was replaced."}
    return Sent("post", "/v1/devices/tab-1/gaps/explain", body)


def assignment(shop: Shop) -> Sent:
    return Sent("post", f"/v1/exceptions/{conflict(shop)[0]}/assign", {"assigned_to": "anna"}, 200)


def preview(shop: Shop) -> Sent:
    case, _, last = conflict(shop)
    return Sent("post", f"/v1/exceptions/{case}/preview", NOTES | {"canonical_raw_id": last}, 200)


def decision(shop: Shop) -> Sent:
    case, first, _ = conflict(shop)
    return Sent("post", f"/v1/exceptions/{case}/resolve", NOTES | {"canonical_raw_id": first}, 200)


def decisions(shop: Shop) -> Sent:
    case, *_ = conflict(shop)
    return Sent("post", "/v1/exceptions/bulk-resolve", NOTES | {"exception_ids": [case], "canonical": "FIRST"}, 200)


def _proposal(shop: Shop, anothers: bool) -> Sent:
    """A proposal above the limit, by a key that may not approve; ended by another key, or by itself."""
    shop.tenant.four_eyes_limit_minor = 100
    shop.tenant.save(update_fields=["four_eyes_limit_minor"])
    case, _, last = conflict(shop)
    scopes = ["exceptions:read", "exceptions:resolve"]
    _, key = setup.create_api_key(slug=shop.slug, scopes=scopes, actor="system:test", now=timezone.now())
    proposer = {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    shop.post(f"/v1/exceptions/{case}/resolve", NOTES | {"canonical_raw_id": last}, **proposer)
    (proposal,) = shop.get(f"/v1/exceptions/{case}").json()["proposals"]
    if not anothers:
        shop.key = key
    body = {"proposal_id": proposal["proposal_id"], "resolution_notes": "Counted again."}
    return Sent("post", f"/v1/exceptions/{case}/{'decline' if anothers else 'withdraw'}", body, 200)


def declining(shop: Shop) -> Sent:
    return _proposal(shop, anothers=True)


def withdrawal(shop: Shop) -> Sent:
    return _proposal(shop, anothers=False)


def rate(shop: Shop) -> Sent:
    return Sent("put", "/v1/fx/rates", {"pair": "EUR/USD", "rate": "1.1", "valid_from": YESTERDAY.isoformat()})


def conversion(shop: Shop) -> Sent:
    open_banks(shop)
    quote(shop)
    return Sent("post", "/v1/fx/settlements", settlement(idempotency_key=None))


def reversal(shop: Shop) -> Sent:
    open_accounts(shop, "A", "B")
    journal = shop.post("/v1/transfers", transfer()).json()["journal_id"]
    return Sent("post", f"/v1/journals/{journal}/reverse", {"memo": "A mistake."})


def closing(shop: Shop) -> Sent:
    sell(shop, DAY)
    return Sent("post", f"/v1/periods/{DAY}/close", {"notes": "All there."}, 200)


def reopening(shop: Shop) -> Sent:
    sell(shop, DAY)
    close(shop)
    return Sent("post", f"/v1/periods/{DAY}/reopen", {"reason": "A delivery was missing."}, 200)


def drawer(shop: Shop) -> Sent:
    return Sent("post", "/v1/pos/ledgers", {"store_id": "store-1", "register_id": "till-1", "starting_cash": 100})


def counting(shop: Shop) -> Sent:
    return Sent("post", f"/v1/pos/ledgers/{open_drawer(shop)}/count", {"actual_cash": 100}, 200)


def drawer_close(shop: Shop) -> Sent:
    body = {"actual_cash": 100, "denominations": {"50": 2}}
    return Sent("post", f"/v1/pos/ledgers/{open_drawer(shop)}/close", body, 200)


def cash(shop: Shop) -> Sent:
    body = {"ledger_id": open_drawer(shop), "type": "CASH_IN", "method": "CASH", "amount": 500}
    return Sent("post", "/v1/pos/transactions", body)


def a_transfer(shop: Shop) -> Sent:
    open_accounts(shop, "A", "B")
    return Sent("post", "/v1/transfers", transfer(idempotency_key=None))


def transfers(shop: Shop) -> Sent:
    open_accounts(shop, "A", "B")
    return Sent("post", "/v1/transfers/bulk", {"transfers": [transfer()]})


#: Of every command, one that is carried out.
COMMANDS: dict[str, Callable[[Shop], Sent]] = {
    "accounts_create": account,
    "accounts_change": account_change,
    "devices_gaps_explain": explanation,
    "exceptions_assign": assignment,
    "exceptions_preview": preview,
    "exceptions_resolve": decision,
    "exceptions_bulk_resolve": decisions,
    "exceptions_decline": declining,
    "exceptions_withdraw": withdrawal,
    "fx_rates_put": rate,
    "fx_settlements_create": conversion,
    "journals_reverse": reversal,
    "periods_close": closing,
    "periods_reopen": reopening,
    "drawers_open": drawer,
    "drawers_close": drawer_close,
    "drawers_count": counting,
    "transactions_create": cash,
    "transfers_create": a_transfer,
    "transfers_bulk": transfers,
}


def operations() -> set[str]:
    """Every operation of the schema that is no question."""
    paths: Any = SchemaGenerator().get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]
    return {told["operationId"] for path in paths.values() for method, told in path.items() if method != "get"}


def send(shop: Shop, sent: Sent, **more: Any) -> Any:
    """The request under a key, with further members."""
    how: dict[str, Any] = {"content_type": sent.media_type, "HTTP_X_IDEMPOTENCY_KEY": "k-1", **shop.auth}
    return getattr(shop.client, sent.method)(sent.path, data=json.dumps(sent.body | more), **how)


def refused(answer: Any) -> list[dict[str, str]]:
    """What a 400 names."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "UNKNOWN_MEMBER"), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors: list[dict[str, str]] = problem["errors"]
    return errors


def everything(shop: Shop) -> dict[str, Any]:
    """A fingerprint of every row the tenant has; when its key was last used is nobody's command."""
    tables = shop.rows(
        "SELECT table_name FROM information_schema.columns WHERE %s > 0 AND column_name = 'tenant_id'"
        " AND table_schema = 'public' AND table_name <> 'api_keys'"
    )
    rows = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t WHERE tenant_id = %s"
    return {table: shop.rows(rows.format(table)) for (table,) in tables}


def test_every_command_is_tried_here() -> None:
    assert operations() == set(COMMANDS) | EVENTS


def test_no_command_reads_its_body_by_another_way() -> None:
    apps = ("ledgersafe", "pos", "ledger", "exceptions", "recon")
    sources = [path for app in apps for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    assert [path.name for path in sources if "request.data" in path.read_text()] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_with_an_unknown_member_is_not_carried_out(shop: Shop, name: str) -> None:
    sent = COMMANDS[name](shop)
    before = everything(shop)
    errors = refused(send(shop, sent, unknown_member=1))
    assert errors == [{"pointer": "/unknown_member", "message": "is not known"}]
    assert everything(shop) == before
    # Nothing else was wrong with it, and the key is free; a tenant is known everywhere, and must be the caller's.
    assert send(shop, sent, tenant_id=shop.slug).status_code == sent.status


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json-patch+json"])
def test_decisions_of_every_media_type_are_looked_at(shop: Shop, media_type: str) -> None:
    sent = decision(shop)._replace(media_type=media_type)
    assert refused(send(shop, sent, canonical_rawid=1))[0]["pointer"] == "/canonical_rawid"


def test_a_slip_of_the_pen_reverses_no_journal(shop: Shop) -> None:
    case, first, _ = conflict(shop)
    sent = Sent("post", f"/v1/exceptions/{case}/resolve", NOTES | {"canonical_raw_di": first}, 200)
    (error,) = refused(send(shop, sent))
    assert error == {"pointer": "/canonical_raw_di", "message": "is not known; did you mean canonical_raw_id?"}
    assert shop.number("journals") == 1


def test_all_of_them_are_named(shop: Shop) -> None:
    errors = refused(send(shop, drawer(shop), **{"a": 1, "b/c": 2, "d~e": 3, "starting_cahs": 4}))
    assert [error["pointer"] for error in errors] == ["/a", "/b~1c", "/d~0e", "/starting_cahs"]
    assert errors[3]["message"] == "is not known; did you mean starting_cash?"


def test_of_very_many_the_first_are_named(shop: Shop) -> None:
    errors = refused(send(shop, drawer(shop), **{f"x{number:_}" * 100: 1 for number in range(900)}))
    assert len(errors) == 50


NESTED: dict[str, tuple[Callable[[Shop], Sent], dict[str, Any], list[str]]] = {
    "entry": (
        a_transfer,
        {"entries": [entry("A", "1.00", memmo="x"), entry("B", "-1.00", side="CREDIT")]},
        ["/entries/0/memmo", "/entries/1/side"],
    ),
    "transfer of many": (transfers, {"transfers": [transfer(valuedate="2026-02-25")]}, ["/transfers/0/valuedate"]),
    "entry of many": (
        transfers,
        {"transfers": [transfer(), transfer(entry("A", 1, x=1), entry("B", -1))]},
        ["/transfers/1/entries/0/x"],
    ),
    "rate": (rate, {"rates": [{"pair": "EUR/USD", "rate": "1.1", "valid_form": None}]}, ["/rates/0/valid_form"]),
}


@pytest.mark.parametrize("name", sorted(NESTED))
def test_objects_within_are_looked_at_too(shop: Shop, name: str) -> None:
    made, changes, pointers = NESTED[name]
    sent = made(shop)
    assert [error["pointer"] for error in refused(send(shop, sent, **changes))] == pointers
    assert shop.number("journals") == shop.number("fx_rates") == 0


def test_what_is_the_clients_own_may_be_called_anything(shop: Shop) -> None:
    anything = {"metadata": {"cost centre": {"id": "7", "of": [{"any": "thing"}]}}}
    assert send(shop, a_transfer(shop), **anything).status_code == 201
    assert balances(shop) == {"A": 1000, "B": -1000}


@pytest.mark.parametrize("patch", [{"metadata": {"any": {"thing": 1}}, "a_new_field": 1}, None])
def test_an_actor_is_ignored_and_a_patch_may_name_any_field(shop: Shop, patch: dict[str, Any] | None) -> None:
    answer = send(shop, decision(shop), actor="somebody else", override_patch=patch)
    assert answer.status_code == 200
    actors = shop.rows("SELECT actor FROM exception_resolutions WHERE tenant_id = %s")
    assert actors == [(shop.principal.actor,)]


def test_what_an_account_is_stays_and_is_not_called_unknown(shop: Shop) -> None:
    answer = send(shop, account_change(shop), ccy="EUR")
    assert (answer.status_code, answer.json()["errors"]) == (400, [{"pointer": "/ccy", "message": "cannot be changed"}])


def test_a_command_that_was_answered_before_is_answered_still(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was carried out when nobody looked: who asks again must hear so."""
    sent = cash(shop)
    with monkeypatch.context() as earlier:
        earlier.setattr("ledgersafe.idempotency.commands.refuse_unknown", lambda body, declared: None)
        first = send(shop, sent, note="from the safe")
    again = send(shop, sent, note="from the safe")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_tills_may_say_more_than_is_known(shop: Shop) -> None:
    assert shop.send(shop.sale("evt-1", unknown_member=1)).status_code == 201
    batch = {"events": [shop.sale("evt-2", unknown_member=1)], "unknown_member": 1}
    assert shop.post("/v1/events/batch", batch).json()["counts"] == {"processed": 1}
