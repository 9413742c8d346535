"""A key that replaces another is the same principal: what is repeated across a rotation is a repeat."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ledgersafe import setup
from tests.conftest import Shop, open_shop
from tests.ledgersafe.idempotency.spending import effects, is_replay, spend
from tests.scenes.desk import conflict
from tests.scenes.drawers import command, open_drawer
from tests.scenes.fx import open_banks, quote, settlement
from tests.scenes.rotated_keys import another, by_key, forget_chains, recover_chains, rotated
from tests.scenes.transfers import open_accounts, transfer

Send = Callable[[Shop], Any]
STORED_AS = "SELECT principal, actor FROM idempotency_keys WHERE tenant_id = %s ORDER BY id"


pytestmark = pytest.mark.usefixtures("front")


def drawer_command(shop: Shop) -> tuple[Send, str]:
    """Cash into a drawer, under one key."""
    body = {"ledger_id": open_drawer(shop), "type": "CASH_IN", "amount": 500, "method": "CASH"}
    return lambda by: command(by, "transactions", body, "k"), "financial_transactions"


def a_transfer(shop: Shop) -> tuple[Send, str]:
    open_accounts(shop, "A", "B")
    body = transfer(client_id=None, idempotency_key="k")
    return lambda by: by.post("/v1/transfers", body), "transfers"


def transfers_in_bulk(shop: Shop) -> tuple[Send, str]:
    open_accounts(shop, "A", "B")
    body = {"transfers": [transfer(client_id=None, idempotency_key="k")]}
    return lambda by: by.post("/v1/transfers/bulk", body), "transfers"


def a_reversal(shop: Shop) -> tuple[Send, str]:
    open_accounts(shop, "A", "B")
    journal = shop.post("/v1/transfers", transfer()).json()["journal_id"]
    path = f"/v1/journals/{journal}/reverse"
    return lambda by: by.post(path, {}, HTTP_X_IDEMPOTENCY_KEY="k"), "transfers"


def a_settlement(shop: Shop) -> tuple[Send, str]:
    open_banks(shop)
    quote(shop)
    body = settlement(idempotency_key="k")
    return lambda by: by.post("/v1/fx/settlements", body), "fx_settlements"


COMMANDS = [drawer_command, a_transfer, transfers_in_bulk, a_reversal, a_settlement]
each_command = pytest.mark.parametrize("made", COMMANDS, ids=lambda made: made.__name__)


@each_command
def test_a_repeat_after_three_rotations_is_a_repeat(shop: Shop, made: Callable[[Shop], tuple[Send, str]]) -> None:
    send, table = made(shop)
    assert send(shop).status_code == 201
    before, latest = shop.number(table), shop
    for _ in range(3):
        latest = rotated(latest)
        again = send(latest)
        assert again.status_code in {200, 201}
        assert is_replay(again)
    assert is_replay(send(shop))  # the first key still works
    assert shop.number(table) == before


@each_command
def test_what_the_last_key_of_a_chain_did_its_first_does_not_do_again(
    shop: Shop, made: Callable[[Shop], tuple[Send, str]]
) -> None:
    send, table = made(shop)
    last = rotated(rotated(rotated(shop)))
    assert not is_replay(send(last))
    before = shop.number(table)
    assert is_replay(send(shop))
    assert shop.number(table) == before


@each_command
def test_another_key_of_the_tenant_is_another_principal(shop: Shop, made: Callable[[Shop], tuple[Send, str]]) -> None:
    send, _ = made(shop)
    assert send(rotated(shop)).status_code == 201
    answer = send(rotated(another(shop)))
    assert not is_replay(answer)
    # A reversal is refused by the journal itself: it is not done twice by anybody.
    assert answer.status_code == (409 if made is a_reversal else 201)


def test_the_rotated_key_of_another_tenant_is_another_principal(shop: Shop) -> None:
    other = open_shop()
    assert spend(rotated(shop)).status_code == 201
    assert not is_replay(spend(rotated(other)))
    assert (effects(shop), effects(other)) == (1, 1)


def test_another_body_across_a_rotation_is_refused(shop: Shop) -> None:
    spend(shop)
    assert spend(rotated(shop), amount="6").json()["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_the_trail_names_the_key_that_was_used(shop: Shop) -> None:
    second = rotated(shop)
    spend(second)
    assert second.principal.actor != shop.principal.actor
    assert shop.rows(STORED_AS) == [(shop.principal.identity, second.principal.actor)]
    assert shop.rows("SELECT actor FROM audit_log WHERE tenant_id = %s AND action = 'test.money.spent'") == [
        (second.principal.actor,)
    ]


def test_a_key_that_was_never_rotated_is_who_it_was(shop: Shop) -> None:
    who = shop.principal
    assert (who.identity, who.identities) == (f"key:{who.api_key_id}", (f"key:{who.api_key_id}",))
    assert (who.client_id, who.client_ids) == (who.actor, (who.actor,))


def test_a_key_remembered_from_before_its_rotation_is_the_same(shop: Shop) -> None:
    send, table = a_transfer(shop)
    assert send(shop).status_code == 201  # from now on it is answered from memory
    second = rotated(shop)
    assert is_replay(send(shop))
    assert is_replay(send(second))
    assert shop.number(table) == 1


def test_a_repeat_after_a_rotation_without_grace_is_a_repeat(shop: Shop) -> None:
    spend(shop)
    second = rotated(shop, grace=timedelta(0))
    assert spend(shop).status_code == 401
    assert is_replay(spend(second))
    assert effects(shop) == 1


# ── Keys that were rotated before chains were kept ──────────────────────────────────────────────
@each_command
def test_what_a_rotated_key_did_under_a_name_of_its_own_stays_done(
    shop: Shop, made: Callable[[Shop], tuple[Send, str]]
) -> None:
    send, table = made(shop)
    second = rotated(shop)
    third = rotated(second)
    forget_chains(shop)
    assert send(second).status_code == 201
    before = shop.number(table)
    recover_chains()
    chain = [by_key(shop, one.key) for one in (shop, second, third)]
    for one in [*chain, rotated(third)]:
        assert one.principal.identity == shop.principal.identity
        assert is_replay(send(one))
    assert shop.number(table) == before


def test_two_commands_of_one_key_that_were_two_principals_stay_apart(shop: Shop) -> None:
    second = rotated(shop)
    forget_chains(shop)
    assert [spend(shop, amount="1").status_code, spend(second, amount="2").status_code] == [201, 201]
    recover_chains()
    assert is_replay(spend(shop, amount="1"))
    assert is_replay(spend(second, amount="2"))
    assert effects(shop) == 2


def test_new_commands_of_a_recovered_chain_have_one_name(shop: Shop) -> None:
    second = rotated(shop)
    forget_chains(shop)
    recover_chains()
    assert not is_replay(spend(second))
    assert is_replay(spend(shop))
    assert shop.rows(STORED_AS) == [(shop.principal.identity, second.principal.actor)]


def test_a_chain_is_recovered_whole_and_no_other_is_touched(shop: Shop) -> None:
    second = rotated(shop)
    third, alone = rotated(second), another(shop)
    chains = "SELECT id, predecessor_id, origin_id FROM api_keys WHERE tenant_id = %s ORDER BY id"
    before = shop.rows(chains)
    forget_chains(shop)
    recover_chains()
    assert shop.rows(chains) == before
    former = shop.rows("SELECT id FROM api_keys WHERE tenant_id = %s AND had_own_name ORDER BY id")
    assert former == [(second.principal.api_key_id,), (third.principal.api_key_id,)]
    assert alone.principal.identities == (f"key:{alone.principal.api_key_id}",)


# ── Who else is told apart by name ──────────────────────────────────────────────────────────────
def test_a_key_does_not_confirm_its_own_proposal_by_its_successor(shop: Shop) -> None:
    setup.change_tenant(slug=shop.slug, changes={"four_eyes_limit": "1.00"}, actor="system:test")
    case, *_ = conflict(shop)
    decision = {"action": "override_and_replay", "canonical": "LAST", "resolution_notes": "Counted again."}

    def decided(by: Shop) -> Any:
        return by.post(f"/v1/exceptions/{case}/resolve", decision)

    assert decided(shop).json()["code"] == "FOUR_EYES_REQUIRED"
    assert decided(rotated(rotated(shop))).json()["code"] == "FOUR_EYES_REQUIRED"
    assert shop.number("exception_resolutions") == 1
    assert decided(another(shop)).status_code == 200
