"""Numbers that are short to write and long to spell out: an event that has one is shown, patched and decided."""

import json
from typing import Any

import pytest

from tests.conftest import Shop
from tests.scenes import desk

#: As sent, and as it stands in the canonical JSON.
NUMBERS = [
    (b"1e200", "1" + "0" * 200),
    (b"-12e306", "-12" + "0" * 306),
    (b"1e-300", "0." + "0" * 299 + "1"),
    (b"1." + b"2" * 100 + b"e-200", "0." + "0" * 199 + "1" + "2" * 100),
]


def held_with(shop: Shop, number: bytes) -> str:
    """A sale that says 43.00 and comes to 42.50, with a number in its metadata. :returns: the case's id."""
    event = shop.sale("evt-1", total_amount=43, metadata={"reading": "here"})

    answer = shop.send(json.dumps(event).encode().replace(b'"here"', number))
    assert answer.status_code == 202, answer.content
    return str(answer.json()["exception_id"])


@pytest.mark.parametrize(("number", "plain"), NUMBERS)
def test_an_event_with_a_large_number_is_patched_on_the_page(shop: Shop, number: bytes, plain: str) -> None:
    case_id = held_with(shop, number)
    with desk.signed_in(shop) as client:
        assert plain in desk.page_of(client, case_id)
        raw_id = shop.rows("SELECT raw_id FROM exceptions WHERE tenant_id = %s")[0][0]
        answer = desk.press(client, case_id, "replay", chosen=str(raw_id), patch='{"total_amount": 42.5}')
        assert answer.status_code == 302, answer.content
        assert plain in desk.page_of(client, case_id)
    assert desk.status_of(case_id) == "resolved"


@pytest.mark.parametrize(("number", "plain"), NUMBERS)
@pytest.mark.parametrize("is_json_patch", [False, True])
def test_a_large_number_may_stand_in_a_patch(shop: Shop, number: bytes, plain: str, is_json_patch: bool) -> None:
    shop.tenant.four_eyes_limit_minor = 100
    shop.tenant.save()
    case_id = held_with(shop, b"1")
    raw_id = shop.rows("SELECT raw_id FROM exceptions WHERE tenant_id = %s")[0][0]
    typed = {True: '[{"op": "replace", "path": "/total_amount", "value": 42.5},'
             ' {"op": "add", "path": "/metadata/reading", "value": NUMBER}]',
             False: '{"total_amount": 42.5, "metadata": {"reading": NUMBER}}'}[is_json_patch]  # fmt: skip
    fields: dict[str, Any] = {"chosen": str(raw_id), "patch": typed.replace("NUMBER", number.decode())}
    with desk.signed_in(shop) as client:
        kind = "json" if is_json_patch else "merge"
        assert desk.press(client, case_id, "replay", patch_kind=kind, **fields).status_code == 302
    proposal = desk.decision_on(case_id, "proposed")
    with desk.signed_in(shop, role="Supervisor") as client:
        assert plain in desk.page_of(client, case_id)
        answer = desk.press(client, case_id, "confirm", proposal=str(proposal.pk))
        assert answer.status_code == 302, answer.content
    assert desk.status_of(case_id) == "resolved"


@pytest.mark.parametrize("number", ["1e309", "1e131071", "1e-400", "1" * 129, "1" + "0" * 309])
def test_a_number_out_of_range_is_named_and_nothing_is_lost(shop: Shop, number: str) -> None:
    case_id = held_with(shop, b"1")
    raw_id = shop.rows("SELECT raw_id FROM exceptions WHERE tenant_id = %s")[0][0]
    typed = f'{{"metadata": {{"reading": {number}}}}}'
    with desk.signed_in(shop) as client:
        for do in ("preview", "replay"):
            answer = desk.press(client, case_id, do, chosen=str(raw_id), patch=typed)
            page = answer.content.decode()
            assert "is out of range" in page or "more than 128 characters" in page
            assert typed.replace('"', "&quot;") in page
    assert desk.status_of(case_id) == "open"
