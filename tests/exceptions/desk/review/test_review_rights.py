"""Whose review page it is: second persons, assignees, permissions, tenants and tokens."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exceptions.assignees import Assignee, colleagues
from exceptions.models import ExceptionCase
from tests.conftest import Shop, open_shop
from tests.scenes.desk import (
    actor_of,
    conflict,
    decision_on,
    hold,
    page_of,
    press,
    review_url,
    seen,
    signed_in,
    status_of,
)


@pytest.fixture
def operator(shop: Shop) -> Iterator[Client]:
    with signed_in(shop) as client:
        yield client


@pytest.fixture
def limited(shop: Shop) -> Shop:
    """A shop whose decisions above 10.00 need a second person."""
    shop.tenant.four_eyes_limit_minor = 1_000
    shop.tenant.save(update_fields=["four_eyes_limit_minor"])
    return shop


# ── Four eyes ───────────────────────────────────────────────────────────────────────────────────
def test_above_the_limit_one_proposes_and_another_confirms(limited: Shop, operator: Client) -> None:
    case, _, last = conflict(limited)
    assert "Propose: post this version" in page_of(operator, case)
    answer = press(operator, case, "replay", chosen=str(last), patch='{"total_amount": 43.0}', notes="I say so.")
    assert answer.status_code == 302
    assert status_of(case) == "open"
    page = page_of(operator, case)
    assert "You want to post version 2 (LAST, 43.00 USD) instead of version 1 (FIRST, 42.50 USD)." in page
    assert "You proposed this" in page
    assert ">Confirm<" not in page
    proposal = decision_on(case, "proposed")
    with signed_in(limited, role="Supervisor") as supervisor:
        assert "I say so." in page_of(supervisor, case)
        refused = press(supervisor, case, "confirm", proposal=str(proposal.pk), notes="")
        assert refused.status_code == 400
        confirmed = press(supervisor, case, "confirm", proposal=str(proposal.pk), notes="Checked as well.")
        assert confirmed.status_code == 302
        page = page_of(supervisor, case)
    assert status_of(case) == "resolved"
    assert "I say so." in page
    assert "Checked as well." in page
    assert limited.number("journals") == 3


def test_a_patched_proposal_is_confirmed_as_it_was_proposed(limited: Shop, operator: Client) -> None:
    case = hold(limited, "a")
    raw_id = str(ExceptionCase.objects.get(pk=case).raw_id)
    patch = '{"event_type": "SALE", "metadata": {"n": 0.1000000000000000000001}}'
    press(operator, case, "replay", chosen=raw_id, patch=patch)
    proposal = decision_on(case, "proposed")
    with signed_in(limited, role="Supervisor") as supervisor:
        assert press(supervisor, case, "confirm", proposal=str(proposal.pk)).status_code == 302
    decision = decision_on(case, "resolved")
    assert bytes(decision.final_payload_sha256 or b"") == bytes(proposal.final_payload_sha256 or b"") != b""


def test_nobody_confirms_their_own_proposal_nor_without_the_right(limited: Shop, operator: Client) -> None:
    case, _, last = conflict(limited)
    with signed_in(limited, role="Supervisor") as supervisor:
        press(supervisor, case, "replay", chosen=str(last))
        proposal = str(decision_on(case, "proposed").pk)
        assert press(supervisor, case, "confirm", proposal=proposal).status_code == 403
    assert press(operator, case, "confirm", proposal=proposal).status_code == 403
    with signed_in(limited, role="Supervisor") as other:
        assert press(other, case, "confirm", proposal="0").status_code == 409
        assert press(other, case, "confirm", proposal="x").status_code == 409
    assert status_of(case) == "open"


def test_a_colleague_reads_who_wants_what_and_the_money_of_it(limited: Shop, operator: Client) -> None:
    case, _, last = conflict(limited)
    press(
        operator, case, "replay", chosen=str(last), patch='{"total_amount": 43.5, "line_items": null, "tenders": null}'
    )
    name = actor_of(operator).removeprefix("user:")
    with signed_in(limited, role="Supervisor") as supervisor:
        page = page_of(supervisor, case)
        assert f"{name}</span> wants to post a correction of version 2 (LAST, 43.50 USD)" in page
        assert "instead of version 1 (FIRST, 42.50 USD)." in page
        assert "+1.00 USD" in page  # more revenue
    press(operator, case, "no_replay")
    with signed_in(limited, role="Supervisor") as supervisor:
        page = page_of(supervisor, case)
        assert "dismiss the event and post nothing: version 1 (FIRST, 42.50 USD) stays posted." in page


def test_a_proposal_is_declined_with_a_reason_and_its_author_reads_it(limited: Shop, operator: Client) -> None:
    case, _, last = conflict(limited)
    press(operator, case, "replay", chosen=str(last))
    proposal = str(decision_on(case, "proposed").pk)
    with signed_in(limited, role="Supervisor") as supervisor:
        refused = press(supervisor, case, "decline", proposal=proposal, notes=" ")
        assert refused.status_code == 400
        assert "Give a reason" in refused.content.decode()
        assert press(supervisor, case, "decline", proposal=proposal, notes="It was a refund.").status_code == 302
        assert press(supervisor, case, "confirm", proposal=proposal).status_code == 409
        assert press(supervisor, case, "decline", proposal=proposal).status_code == 409
    page = page_of(operator, case)
    assert "declined your proposal." in page
    assert page.count("It was a refund.") == 2  # told, and in the trail
    assert "Proposal declined" in page
    assert (status_of(case), limited.number("journals")) == ("open", 1)


def test_a_proposal_is_withdrawn_by_its_author_alone(limited: Shop, operator: Client) -> None:
    case, _, last = conflict(limited)
    press(operator, case, "replay", chosen=str(last))
    proposal = str(decision_on(case, "proposed").pk)
    assert press(operator, case, "decline", proposal=proposal).status_code == 403
    with signed_in(limited, role="Supervisor") as supervisor:
        assert ">Withdraw<" not in page_of(supervisor, case)
        assert press(supervisor, case, "withdraw", proposal=proposal).status_code == 403
    assert ">Withdraw<" in page_of(operator, case)
    assert press(operator, case, "withdraw", proposal=proposal, notes="Wrong version.").status_code == 302
    page = page_of(operator, case)
    assert ">Withdraw<" not in page
    assert "Proposal withdrawn" in page


# ── Assigning ───────────────────────────────────────────────────────────────────────────────────
def test_a_case_is_assigned_and_the_trail_tells_it(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    press(operator, case, "assign_me")
    assert ExceptionCase.objects.get(pk=case).assigned_to == actor_of(operator)
    assert f"Assigned to {Assignee(actor_of(operator)).name}" in page_of(operator, case)
    press(operator, case, "assign", assignee="user:nobody-here")
    assert ExceptionCase.objects.get(pk=case).assigned_to == actor_of(operator)
    press(operator, case, "assign", assignee="")
    assert "Unassigned" in page_of(operator, case)


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", ["Auditor", "Accountant"])
def test_who_may_not_decide_sees_no_buttons_and_is_refused(shop: Shop, role: str) -> None:
    case, _, last = conflict(shop)
    with signed_in(shop, role=role) as client:
        page = page_of(client, case)
        assert "data-rv-form" not in page
        assert "Assign to me" not in page
        posted: dict[str, Any] = {"notes": "x", "chosen": str(last), "seen": "x", "proposal": "1"}
        for do in ("replay", "no_replay", "preview", "confirm", "decline", "withdraw", "assign", "assign_me", "", "x"):
            assert client.post(review_url(case), posted | {"do": do}).status_code == 403
        assert client.post(reverse("admin:exceptions_preview", args=[case]), posted).status_code == 403
    assert (status_of(case), shop.number("journals")) == ("open", 1)


def test_a_foreign_case_answers_as_an_absent_one(shop: Shop, operator: Client) -> None:
    foreign, _, last = conflict(open_shop())
    posted = {"do": "replay", "notes": "x", "chosen": str(last), "seen": "x"}
    cases = (foreign, str(uuid.uuid4()), "no-uuid", "0" * 32)
    assert [operator.get(review_url(case)).status_code for case in cases] == [404] * 4
    assert [operator.post(review_url(case), posted).status_code for case in cases] == [404] * 4
    previews = [reverse("admin:exceptions_preview", args=[case]) for case in cases]
    assert [operator.post(url, posted).status_code for url in previews] == [404] * 4
    assert status_of(foreign) == "open"


def test_a_post_without_a_token_is_refused(shop: Shop) -> None:
    case, _, last = conflict(shop)
    with signed_in(shop, checks_csrf=True) as client:
        posted = {"do": "replay", "notes": "x", "chosen": str(last), "seen": seen(client, case)}
        assert client.post(review_url(case), posted).status_code == 403
        assert client.post(reverse("admin:exceptions_preview", args=[case]), posted).status_code == 403
        token = client.cookies["csrftoken"].value
        assert client.post(review_url(case), posted | {"csrfmiddlewaretoken": token}).status_code == 302
    assert status_of(case) == "resolved"
    assert Client().get(review_url(case)).status_code == 302


def test_other_methods_are_refused(shop: Shop, operator: Client) -> None:
    case = hold(shop, "a")
    assert operator.delete(review_url(case)).status_code == 405
    assert operator.put(review_url(case)).status_code == 405


def test_a_case_is_offered_only_to_who_could_decide_it(shop: Shop) -> None:
    with signed_in(shop, role="Auditor") as auditor, signed_in(shop, role="Supervisor") as supervisor:
        offered = {person.actor for person in colleagues([shop.tenant.id], me="user:me")}
        assert actor_of(supervisor) in offered
        assert actor_of(auditor) not in offered
