"""Events about one sale, all at once: never more than it bears, and nobody waits for ever."""

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe.postgres.db import call
from pos.decisions import release
from pos.references import lookup
from tests.conftest import Shop
from tests.races.test_ingest_races import sending
from tests.scenes.crowd import all_at_once
from tests.scenes.returns import SOLD, about, balances

pytestmark = pytest.mark.xdist_group("races")


def test_twenty_returns_of_one_sale_never_give_back_more_than_it_came_to(shop: Shop) -> None:
    assert shop.send(shop.sale("sold")).status_code == 201
    events = [about(shop, "RETURN", f"back-{n}", total_amount=10) for n in range(20)]
    answers = all_at_once([sending(shop, event) for event in events])
    assert Counter(answer.reason_code for answer in answers) == {None: 4, "CANNOT_EXCEED_ORIGINAL": 16}
    assert balances(shop)["RETURNS:USD"] == 4 * (1000 - 400 * 1000 // 4250)


def test_of_a_return_and_a_void_one_comes_first(shop: Shop) -> None:
    for number in range(5):
        assert shop.send(shop.sale(f"sold-{number}")).status_code == 201
        events = [about(shop, kind, f"{kind}-{number}", f"sold-{number}", **fields) for kind, fields in
                  (("RETURN", {"total_amount": 42.5}), ("VOID", {}))]  # fmt: skip
        answers = all_at_once([sending(shop, event) for event in events])
        assert Counter(answer.reason_code for answer in answers) == {None: 1, "CANNOT_EXCEED_ORIGINAL": 1}


def test_ten_voids_of_one_sale_undo_it_once(shop: Shop) -> None:
    assert shop.send(shop.sale("sold")).status_code == 201
    answers = all_at_once([sending(shop, about(shop, "VOID", f"undone-{n}")) for n in range(10)])
    assert Counter(answer.status for answer in answers) == {201: 1, 202: 9}
    assert balances(shop) == {}


def test_a_sale_and_its_return_at_once_are_both_posted_in_the_end(shop: Shop) -> None:
    assert shop.send(shop.sale("warm-up", total_amount=0, line_items=None, tax_lines=None, tenders=None))
    for number in range(8):
        events = [
            shop.sale(f"sold-{number}"),
            about(shop, "RETURN", f"back-{number}", f"sold-{number}", total_amount=42.5),
        ]
        all_at_once([sending(shop, event) for event in events])
    release.sweep(now=timezone.now())
    assert shop.rows("SELECT count(*) FROM events_processed WHERE tenant_id = %s AND status = 'processed'") == [(17,)]
    assert set(balances(shop)) == {"SALES:USD", "RETURNS:USD"}


def test_what_becomes_a_correction_while_its_key_is_waited_for_is_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its sale was not locked with it: as if the correction had landed between the question and the lock."""
    shop.send(shop.sale("sold"))
    assert shop.send(about(shop, "CORRECTION", "better", total_amount=10, method="cash")).status_code == 201
    asked = []

    def without_the_sale_at_first(function: str, *args: Any) -> Any:
        told = call(function, *args)
        asked.append([key for key, *_ in told["keys"]])
        if len(asked) == 1:
            told["keys"] = [row for row in told["keys"] if row[0] != "sold"]
        return told

    monkeypatch.setattr(lookup, "call", without_the_sale_at_first)
    answer = shop.send(about(shop, "RETURN", "back", "better", total_amount=10))
    assert (answer.status_code, len(asked)) == (201, 2)
    assert {"sold", "better"} == set(asked[0]) == set(asked[1])
    assert balances(shop)["RETURNS:USD"] == 1000


def test_many_who_release_at_once_release_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos.intake.receive.release.release_waiting", lambda **_: 0)
    for number in range(10):
        shop.send(about(shop, "RETURN", f"back-{number}", total_amount=1))
    shop.send(shop.sale("sold"))
    monkeypatch.undo()
    tenant_id, now = shop.tenant.id, timezone.now()
    released = all_at_once([lambda: release.release_waiting(tenant_id=tenant_id, now=now)] * 6)
    assert sum(released) == 10
    assert shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND kind = 'RETURN'") == [(10,)]


def test_what_a_crash_left_waiting_the_sweeper_posts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the sale's commit and the release of its return the process ends."""
    assert shop.send(about(shop, "RETURN", "back", total_amount=42.5)).status_code == 202

    def crash(**_: object) -> int:
        raise RuntimeError("power cut")

    monkeypatch.setattr("pos.intake.receive.release.release_waiting", crash)
    assert shop.send(shop.sale("sold")).status_code == 201
    assert balances(shop) == SOLD
    monkeypatch.undo()
    release.sweep(now=timezone.now())
    assert set(balances(shop)) == {"SALES:USD", "RETURNS:USD"}
