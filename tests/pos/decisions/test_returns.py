"""Decisions on events that others are about, and on those that are: amounts are freed, and never exceeded."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledgersafe import setup
from pos.decisions import release
from tests.conftest import Shop
from tests.scenes.returns import SOLD, about, balances


@pytest.fixture
def returned(shop: Shop) -> Shop:
    """A sale of 42.50, of which 20.00 were returned."""
    assert shop.send(shop.sale("sold")).status_code == 201
    assert shop.send(about(shop, "RETURN", "back", total_amount=20)).status_code == 201
    return shop


def disputed(shop: Shop, event: dict[str, Any]) -> str:
    """Another version of an event that stands. :returns: the case."""
    answer = shop.send(event)
    assert answer.json()["reason_code"] == "IDEMPOTENCY_CONFLICT"
    return str(answer.json()["exception_id"])


def choose_last(shop: Shop, case: str) -> Any:
    body = {"action": "override_and_replay", "resolution_notes": "Checked.", "canonical": "LAST"}
    return shop.post(f"/v1/exceptions/{case}/resolve", body)


def test_a_sale_is_not_changed_to_less_than_was_returned(returned: Shop) -> None:
    less = returned.sale("sold", total_amount=19.99, line_items=None, tax_lines=None, tenders=None)
    stood = balances(returned)
    answer = choose_last(returned, disputed(returned, less))
    assert (answer.status_code, answer.json()["code"]) == (409, "REPLAY_VALIDATION_FAILED")
    assert balances(returned) == stood


def test_a_sale_may_be_changed_to_enough(returned: Shop) -> None:
    enough = returned.sale("sold", total_amount=20, line_items=None, tax_lines=None, tenders=None)
    assert choose_last(returned, disputed(returned, enough)).status_code == 200
    assert returned.send(about(returned, "RETURN", "more", total_amount=0.01)).status_code == 202


def test_a_changed_return_frees_what_it_had_taken(returned: Shop) -> None:
    assert (
        choose_last(returned, disputed(returned, about(returned, "RETURN", "back", total_amount=2))).status_code == 200
    )
    assert returned.send(about(returned, "RETURN", "rest", total_amount=40.5)).status_code == 201
    assert returned.send(about(returned, "RETURN", "more", total_amount=0.01)).status_code == 202


def test_a_changed_return_is_measured_without_itself(returned: Shop) -> None:
    whole = about(returned, "RETURN", "back", total_amount=42.5)
    assert choose_last(returned, disputed(returned, whole)).status_code == 200
    above = about(returned, "RETURN", "back", total_amount=42.51)
    assert choose_last(returned, disputed(returned, above)).status_code == 409


def test_a_voided_or_corrected_sale_and_a_correction_stay_as_they_are(shop: Shop) -> None:
    for name, kind in (("voided", "VOID"), ("corrected", "CORRECTION")):
        assert shop.send(shop.sale(name)).status_code == 201
        fields = {} if kind == "VOID" else {"total_amount": 10}
        assert shop.send(about(shop, kind, f"by-{name}", name, **fields)).status_code == 201
        assert choose_last(shop, disputed(shop, shop.sale(name, reason="other"))).status_code == 409
    other = about(shop, "CORRECTION", "by-corrected", "corrected", total_amount=11)
    assert choose_last(shop, disputed(shop, other)).status_code == 409


def test_a_changed_void_gives_the_sale_back(shop: Shop) -> None:
    assert shop.send(shop.sale("sold")).status_code == 201
    assert shop.send(shop.sale("meant")).status_code == 201
    assert shop.send(about(shop, "VOID", "undone")).status_code == 201
    assert choose_last(shop, disputed(shop, about(shop, "VOID", "undone", "meant"))).status_code == 200
    assert balances(shop) == SOLD
    assert shop.send(about(shop, "RETURN", "back", total_amount=42.5)).status_code == 201


def test_a_preview_shows_both_journals_of_a_correction(shop: Shop) -> None:
    case = shop.send(about(shop, "CORRECTION", "better", total_amount=10)).json()["exception_id"]
    # Held with another reason, so that nobody releases it.
    assert shop.send(about(shop, "CORRECTION", "better", total_amount=12)).status_code == 202
    assert shop.send(shop.sale("sold")).status_code == 201
    body = {"action": "override_and_replay", "resolution_notes": "Checked.", "canonical": "LAST"}
    answer = shop.post(f"/v1/exceptions/{case}/preview", body).json()
    assert [journal["kind"] for journal in answer["journals"]] == ["CORRECTION", "REVERSAL"]
    assert shop.post(f"/v1/exceptions/{case}/resolve", body).status_code == 200
    assert balances(shop) == {"EXTERNAL-CLEARING:USD": 1200, "SALES:USD": -1200}


# ── What releases nothing ───────────────────────────────────────────────────────────────────────
def test_an_event_in_two_versions_is_left_to_a_person(shop: Shop) -> None:
    shop.send(about(shop, "RETURN", "back", total_amount=1))
    shop.send(about(shop, "RETURN", "back", total_amount=2))
    shop.send(shop.sale("sold"))
    assert balances(shop) == SOLD


def test_beyond_the_late_window_nothing_is_released(shop: Shop) -> None:
    shop.send(about(shop, "RETURN", "back", total_amount=1))
    assert shop.send(shop.sale("sold", total_amount=10, line_items=None, tax_lines=None)).status_code == 202
    later = timezone.now() + timedelta(days=3, minutes=1)
    assert release.release_waiting(tenant_id=shop.tenant.id, now=later) == 0


def test_what_cannot_be_posted_is_tried_once(shop: Shop) -> None:
    shop.send(about(shop, "RETURN", "back", total_amount=50))
    shop.send(shop.sale("sold"))
    for _ in range(2):
        release.sweep(now=timezone.now())
    tried = "SELECT status, replay_attempts, last_replay_status FROM exceptions WHERE tenant_id = %s"
    assert shop.rows(tried) == [("open", 1, "CANNOT_EXCEED_ORIGINAL")]


def test_a_release_needs_no_second_person(shop: Shop) -> None:
    setup.change_tenant(slug=shop.slug, changes={"four_eyes_limit": "0.00"}, actor="system:test")
    shop.send(about(shop, "RETURN", "back", total_amount=42.5))
    shop.send(shop.sale("sold"))
    assert set(balances(shop)) == {"SALES:USD", "RETURNS:USD"}


def test_a_sale_that_is_posted_by_a_decision_releases_too(shop: Shop) -> None:
    shop.send(about(shop, "RETURN", "back", total_amount=10))
    held = shop.send(shop.sale("sold", total_amount=10, line_items=None, tax_lines=None)).json()["exception_id"]
    body = {
        "action": "override_and_replay",
        "resolution_notes": "Tenders were of another receipt.",
        "override_patch": {"tenders": None},
    }
    assert shop.post(f"/v1/exceptions/{held}/resolve", body).status_code == 200
    release.sweep(now=timezone.now())
    assert balances(shop) == {"SALES:USD": -1000, "RETURNS:USD": 1000}
