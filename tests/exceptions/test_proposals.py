"""`POST /v1/exceptions/{id}/decline` and `/withdraw`: how a proposal ends without being carried out."""

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from exceptions import proposals
from exceptions.decisions import Decision, DecisionAction
from exceptions.models import ExceptionCase, Resolution
from ledgersafe import setup
from ledgersafe.audit.models import AuditEntry
from ledgersafe.tenants import authentication
from pos.decisions import resolve
from tests.conftest import Shop, open_shop
from tests.scenes.desk import conflict
from tests.scenes.staff import hire, signed_in

NOTES = "Checked with the store."


@pytest.fixture
def limited(shop: Shop) -> Shop:
    """A shop whose decisions above 10.00 need a second person."""
    shop.tenant.four_eyes_limit_minor = 1_000
    shop.tenant.save(update_fields=["four_eyes_limit_minor"])
    return shop


def post(person: User, case: str, verb: str, **body: Any) -> Any:
    """As a signed-in person of the back office, by the API."""
    client = signed_in(person)
    return client.post(f"/v1/exceptions/{case}/{verb}", json.dumps(body).encode(), content_type="application/json")


def propose(person: User, case: str, **choice: Any) -> int:
    """Decide above the limit. :returns: the id of the proposal that is kept."""
    body = {"action": "override_and_replay", "canonical": "LAST", "resolution_notes": NOTES} | choice
    answer = post(person, case, "resolve", **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "FOUR_EYES_REQUIRED")
    return int(waiting(person, case)[-1]["proposal_id"])


def waiting(person: User, case: str) -> list[dict[str, Any]]:
    """Proposals, as the case's page of the API lists them."""
    listed: list[dict[str, Any]] = signed_in(person).get(f"/v1/exceptions/{case}").json()["proposals"]
    return listed


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_proposal_is_listed_declined_and_proposed_again(limited: Shop) -> None:
    case, _, last = conflict(limited)
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)
    (listed,) = waiting(mei, case)
    assert listed["actor"] == f"user:{anna.username}"
    assert (listed["canonical_raw_id"], listed["notes"]) == (last, NOTES)

    answer = post(mei, case, "decline", proposal_id=proposal, resolution_notes="  The receipt says 42.50.  ")

    assert (answer.status_code, answer.json()["stage"]) == (200, "declined")
    assert answer.json()["exception"]["status"] == "open"
    assert waiting(mei, case) == []
    assert not ExceptionCase.objects.get(pk=case).awaits_confirmation
    entry = AuditEntry.objects.get(tenant_id=limited.tenant.id, action="exceptions.proposal.declined")
    assert (entry.actor, entry.object_id, entry.notes) == (f"user:{mei.username}", case, "The receipt says 42.50.")
    assert entry.before == {
        "proposal_id": proposal, "proposed_by": f"user:{anna.username}", "action": "override_and_replay",
    }  # fmt: skip
    again = propose(anna, case)
    assert again != proposal
    assert limited.number("journals") == 1


def test_a_declined_proposal_confirms_nothing(limited: Shop) -> None:
    """The second person's own decision is a proposal of its own then, and waits for a third person."""
    case, _, _ = conflict(limited)
    anna, mei, noor = hire("operator", limited), hire("supervisor", limited), hire("supervisor", limited)
    post(mei, case, "decline", proposal_id=propose(anna, case), resolution_notes="No.")
    assert propose(noor, case)
    assert limited.number("journals") == 1


def test_a_proposal_is_withdrawn_by_who_made_it_alone(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)
    refused = post(mei, case, "withdraw", proposal_id=proposal, resolution_notes="Not mine.")
    assert problem(refused) == (403, "NOT_THE_PROPOSER")
    answer = post(anna, case, "withdraw", proposal_id=proposal, resolution_notes="Wrong version.")
    assert (answer.status_code, answer.json()["stage"]) == (200, "withdrawn")
    entry = AuditEntry.objects.get(tenant_id=limited.tenant.id, action="exceptions.proposal.withdrawn")
    assert (entry.actor, entry.notes) == (f"user:{anna.username}", "Wrong version.")
    again = post(anna, case, "withdraw", proposal_id=proposal, resolution_notes="Twice.")
    assert problem(again) == (409, "PROPOSAL_ENDED")
    assert "has withdrawn this proposal already" in again.json()["detail"]


def test_nobody_declines_their_own_proposal_nor_without_the_right(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    anna, omar, mei = hire("operator", limited), hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)
    own = propose(mei, case, canonical="FIRST")
    for person, which in ((anna, proposal), (omar, proposal), (mei, own)):
        refused = post(person, case, "decline", proposal_id=which, resolution_notes="Let me.")
        assert problem(refused) == (403, "SECOND_PERSON_REQUIRED")
    assert len(waiting(mei, case)) == 2


def test_somebody_who_may_not_approve_cannot_confirm(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    anna, omar = hire("operator", limited), hire("operator", limited)
    propose(anna, case)
    propose(omar, case)  # the same decision, refused and kept beside the other one
    assert [one["actor"] for one in waiting(anna, case)] == [f"user:{anna.username}", f"user:{omar.username}"]
    assert limited.number("journals") == 1


def test_a_rotated_key_withdraws_what_its_predecessor_proposed_and_never_declines_it(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    body = {"action": "override_and_replay", "canonical": "LAST", "resolution_notes": NOTES}
    _, operator = setup.create_api_key(
        slug=limited.slug, scopes=["exceptions:read", "exceptions:resolve"], actor="system:test", now=timezone.now()
    )
    proposer = authentication.authenticate(operator)
    assert proposer is not None
    auth = {"HTTP_AUTHORIZATION": f"Bearer {operator}"}
    assert problem(limited.post(f"/v1/exceptions/{case}/resolve", body, **auth)) == (403, "FOUR_EYES_REQUIRED")
    (proposal,) = limited.get(f"/v1/exceptions/{case}").json()["proposals"]
    ending = {"proposal_id": proposal["proposal_id"], "resolution_notes": "On second thought."}
    _, rotated = setup.rotate_api_key(
        slug=limited.slug, prefix=proposer.prefix, actor="system:test", now=timezone.now()
    )
    with pytest.raises(proposals.NotTheSecondPerson):
        proposals.decline_proposal(
            tenant_id=limited.tenant.id, case_id=uuid.UUID(case), proposal_id=proposal["proposal_id"], notes="Mine.",
            actor=f"key:{rotated.split('_')[1]}", may_approve=True, now=timezone.now(),
        )  # fmt: skip
    other = limited.post(f"/v1/exceptions/{case}/withdraw", ending)
    assert problem(other) == (403, "NOT_THE_PROPOSER")
    answer = limited.post(f"/v1/exceptions/{case}/withdraw", ending, HTTP_AUTHORIZATION=f"Bearer {rotated}")
    assert (answer.status_code, answer.json()["stage"]) == (200, "withdrawn")


def test_on_a_decided_case_nothing_is_declined(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)
    body = {"action": "override_and_replay", "canonical": "LAST", "resolution_notes": "As well."}
    assert post(mei, case, "resolve", **body).status_code == 200
    for person, verb in ((mei, "decline"), (anna, "withdraw")):
        refused = post(person, case, verb, proposal_id=proposal, resolution_notes="Too late.")
        assert problem(refused) == (409, "ALREADY_RESOLVED")


@pytest.mark.parametrize("verb", ["decline", "withdraw"])
def test_what_is_foreign_answers_as_what_is_absent(limited: Shop, verb: str) -> None:
    case, _, _ = conflict(limited)
    other_case, _, _ = conflict(limited, "evt-2")
    foreign = open_shop()
    foreign.tenant.four_eyes_limit_minor = 0
    foreign.tenant.save(update_fields=["four_eyes_limit_minor"])
    foreign_case, _, _ = conflict(foreign)
    there = propose(hire("operator", foreign), foreign_case)
    mei = hire("supervisor", limited)
    here = propose(mei, other_case)
    for where, which in ((foreign_case, there), (str(uuid.uuid4()), 1), ("no-uuid", 1), (case, there), (case, here)):
        refused = post(mei, where, verb, proposal_id=which, resolution_notes="x y")
        assert problem(refused) == (404, "NOT_FOUND"), (where, which)
    assert Resolution.objects.get(pk=there).endings.count() == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"resolution_notes": ""}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": " \n"}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": None}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "x" * 4_001}, 400, "NOTES_REQUIRED"),
        ({"resolution_notes": "card 4111111111111111"}, 422, "PAN_DETECTED"),
        ({"tenant_id": "somebody-else"}, 403, "TENANT_MISMATCH"),
        ({"proposal_id": None}, 400, "INVALID_PARAMETER"),
        ({"proposal_id": "1"}, 400, "INVALID_PARAMETER"),
        ({"proposal_id": True}, 400, "INVALID_PARAMETER"),
        ({"proposal_id": 0}, 400, "INVALID_PARAMETER"),
        ({"proposal_id": 2**63}, 400, "INVALID_PARAMETER"),
        ({"proposal_id": 2**63 - 1}, 404, "NOT_FOUND"),
        ({"propsal_id": 1}, 400, "UNKNOWN_MEMBER"),
    ],
)
@pytest.mark.parametrize("verb", ["decline", "withdraw"])
def test_a_bad_ending_is_refused_and_changes_nothing(
    limited: Shop, verb: str, body: dict[str, Any], status: int, code: str
) -> None:
    case, _, _ = conflict(limited)
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)
    typed = {"proposal_id": proposal, "resolution_notes": "Looked at."} | body
    refused = post(mei if verb == "decline" else anna, case, verb, **typed)
    assert problem(refused) == (status, code)
    assert len(waiting(mei, case)) == 1


def test_a_member_nobody_knows_is_named(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    refused = post(hire("supervisor", limited), case, "decline", proposal_id=1, notes="x", resolution_notes="x")
    assert "notes" in refused.json()["detail"]


def test_ending_a_proposal_needs_the_scope_and_somebody(limited: Shop) -> None:
    case, _, _ = conflict(limited)
    for verb in ("decline", "withdraw"):
        assert problem(post(hire("auditor", limited), case, verb))[0] == 403
        assert Client().post(f"/v1/exceptions/{case}/{verb}").status_code == 401


# ── Confirming that one ─────────────────────────────────────────────────────────────────────────
def test_who_confirms_a_proposal_that_was_declined_neither_decides_nor_proposes(limited: Shop) -> None:
    case, first, last = conflict(limited)
    anna, mei = hire("operator", limited), hire("supervisor", limited)
    proposal = propose(anna, case)

    def confirm(actor: str, *, may_approve: bool = True, which: int = proposal, raw_id: int = last) -> Any:
        return resolve.resolve_case(
            tenant_id=limited.tenant.id,
            case_id=uuid.UUID(case),
            decision=Decision(DecisionAction.REPLAY, "Yes.", canonical_raw_id=raw_id, confirms=which),
            actor=actor,
            may_approve=may_approve,
            now=timezone.now(),
        )

    with pytest.raises(proposals.NotTheSecondPerson):
        confirm(f"user:{anna.username}")
    with pytest.raises(proposals.NotTheSecondPerson):
        confirm("user:omar", may_approve=False)
    with pytest.raises(proposals.ProposalEnded):  # another version than was proposed
        confirm("user:mei", raw_id=first)
    post(mei, case, "decline", proposal_id=proposal, resolution_notes="No.")
    with pytest.raises(proposals.ProposalEnded, match="has declined this proposal already"):
        confirm("user:noor")
    # Not even when the limit is gone: what was declined is declined.
    limited.tenant.four_eyes_limit_minor = None
    limited.tenant.save(update_fields=["four_eyes_limit_minor"])
    with pytest.raises(proposals.ProposalEnded):
        confirm("user:noor")
    assert limited.number("exception_resolutions") == 2
    assert limited.number("journals") == 1
