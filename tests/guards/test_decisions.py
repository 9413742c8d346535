"""Attacks on decisions with raw SQL, as the owner of the tables: what was decided stands, and is on record."""

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by

RESOLVE = """
UPDATE exceptions SET status = 'resolved', resolved_at = now(), resolution_actor = 'user:eve',
       resolution_action = 'mark_resolved_no_replay', resolution_notes = 'x' WHERE tenant_id = %s
"""
DECISION = """
INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, notes, actor, at)
SELECT %s, id, 'resolved', 'mark_resolved_no_replay', '', %s, %s, now() FROM exceptions WHERE tenant_id = %s
"""


def disputed(shop: Shop) -> str:
    """A posted sale and a second version. :returns: the case."""
    shop.send(shop.sale())
    other = shop.sale(total_amount=41, line_items=None, tax_lines=None, tenders=None)
    return str(shop.send(other).json()["exception_id"])


def decide(shop: Shop, case: str, canonical: str = "LAST") -> None:
    body = {"action": "override_and_replay", "resolution_notes": "Checked.", "canonical": canonical}
    assert shop.post(f"/v1/exceptions/{case}/resolve", body).status_code == 200


def test_a_case_is_not_resolved_without_its_decision_on_record(shop: Shop, as_owner: Raw) -> None:
    disputed(shop)
    as_owner.execute(RESOLVE.encode(), [shop.tenant.id])
    with assert_refused_by("exceptions_decision_on_record"):
        as_owner.commit()


def test_a_case_is_not_resolved_by_somebody_else_than_the_decision_says(shop: Shop, as_owner: Raw) -> None:
    disputed(shop)
    as_owner.execute(RESOLVE.encode(), [shop.tenant.id])
    as_owner.execute(DECISION.encode(), [shop.tenant.id, "why", "user:adam", shop.tenant.id])
    with assert_refused_by("exceptions_decision_on_record"):
        as_owner.commit()


def test_a_decision_says_why(shop: Shop, as_owner: Raw) -> None:
    disputed(shop)
    with assert_refused_by("exception_resolutions_say_who_and_why"):
        as_owner.execute(DECISION.encode(), [shop.tenant.id, "", "user:eve", shop.tenant.id])


def test_a_case_has_one_decision(shop: Shop, as_owner: Raw) -> None:
    decide(shop, disputed(shop))
    with pytest.raises(psycopg.errors.UniqueViolation, match="exception_resolutions_one_per_case"):
        as_owner.execute(DECISION.encode(), [shop.tenant.id, "again", "user:eve", shop.tenant.id])


def test_a_decision_names_a_case_of_its_own_tenant(shop: Shop, as_owner: Raw) -> None:
    disputed(shop)
    with assert_refused_by("exception_resolutions_tenant_agrees"):
        as_owner.execute(DECISION.encode(), [open_shop().tenant.id, "why", "user:eve", shop.tenant.id])


@pytest.mark.parametrize(
    "attack", ["UPDATE exception_resolutions SET notes = 'x'", "DELETE FROM exception_resolutions"]
)
def test_decisions_are_append_only(shop: Shop, as_owner: Raw, attack: str) -> None:
    decide(shop, disputed(shop))
    with assert_refused_by("exception_resolutions_append_only"):
        as_owner.execute(attack.encode())


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM event_versions WHERE tenant_id = %s",
        "UPDATE event_versions SET payload_hash = sha256('x') WHERE tenant_id = %s",
        "UPDATE event_versions SET patched_body = '{}' WHERE tenant_id = %s",
        "UPDATE event_versions SET disposition = 'held' WHERE tenant_id = %s",
        "UPDATE event_versions SET first_raw_id = first_raw_id + 1 WHERE tenant_id = %s",
    ],
)
def test_a_version_keeps_what_it_is_and_stays_decided(shop: Shop, as_owner: Raw, attack: str) -> None:
    decide(shop, disputed(shop))
    with assert_refused_by("event_versions_keep_identity"):
        as_owner.execute(attack.encode(), [shop.tenant.id])


def test_a_reversal_mirrors_what_it_reverses(shop: Shop, as_owner: Raw) -> None:
    shop.send(shop.sale())
    attacker = Attacker(as_owner, shop)
    ((original,),) = shop.rows("SELECT id FROM journals WHERE tenant_id = %s")
    fields = attacker.journal(reverses=original)
    attacker.postings(fields, attacker.balanced())
    with assert_refused_by("journals_reversal_mirrors"):
        as_owner.commit()


# ── Proposals ───────────────────────────────────────────────────────────────────────────────────
PROPOSE = """
INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, notes, actor)
VALUES (%s, %s, 'proposed', 'mark_resolved_no_replay', '', 'why', 'user:anna') RETURNING id
"""
END = """
INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, notes, actor, proposal_id)
VALUES (%s, %s, %s, 'mark_resolved_no_replay', '', %s, %s, %s) RETURNING id
"""


def proposed(shop: Shop, case: str, raw: Raw) -> int:
    """A proposal of anna's. :returns: its id."""
    ((proposal,),) = raw.execute(PROPOSE.encode(), [shop.tenant.id, case]).fetchall()
    return int(proposal)


def awaits(case: str, raw: Raw) -> bool:
    ((said,),) = raw.execute(b"SELECT awaits_confirmation FROM exceptions WHERE id = %s", [case]).fetchall()
    return bool(said)


@pytest.mark.parametrize(("stage", "actor"), [("declined", "user:mei"), ("withdrawn", "user:anna")])
def test_a_case_says_by_itself_whether_a_proposal_waits(shop: Shop, as_owner: Raw, stage: str, actor: str) -> None:
    case = disputed(shop)
    first, second = proposed(shop, case, as_owner), proposed(shop, case, as_owner)
    as_owner.execute(END.encode(), [shop.tenant.id, case, stage, "no", actor, first])
    assert awaits(case, as_owner)
    as_owner.execute(END.encode(), [shop.tenant.id, case, stage, "no", actor, second])
    assert not awaits(case, as_owner)
    as_owner.commit()


@pytest.mark.parametrize(("stage", "actor"), [("declined", "user:anna"), ("withdrawn", "user:mei")])
def test_nobody_declines_their_own_nor_withdraws_anothers(shop: Shop, as_owner: Raw, stage: str, actor: str) -> None:
    case = disputed(shop)
    proposal = proposed(shop, case, as_owner)
    with assert_refused_by("exception_resolutions_ended_by_whom"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, stage, "no", actor, proposal])


def test_a_proposal_ends_once(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    proposal = proposed(shop, case, as_owner)
    as_owner.execute(END.encode(), [shop.tenant.id, case, "declined", "no", "user:mei", proposal])
    with pytest.raises(psycopg.errors.UniqueViolation, match="exception_resolutions_one_ending_per_proposal"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, "withdrawn", "no", "user:anna", proposal])


def test_a_proposal_is_declined_with_a_reason(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    proposal = proposed(shop, case, as_owner)
    with assert_refused_by("exception_resolutions_say_who_and_why"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, "declined", "", "user:mei", proposal])


@pytest.mark.parametrize("stage", ["declined", "withdrawn"])
def test_what_ends_a_proposal_names_one(shop: Shop, as_owner: Raw, stage: str) -> None:
    case = disputed(shop)
    with assert_refused_by("exception_resolutions_endings_name_a_proposal"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, stage, "no", "user:anna", None])


def test_what_ends_a_proposal_names_one_of_its_own_case(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    shop.send(shop.sale("evt-2"))
    other = shop.send(shop.sale("evt-2", total_amount=9)).json()["exception_id"]
    proposal = proposed(shop, case, as_owner)
    with assert_refused_by("exception_resolutions_end_a_proposal"):
        as_owner.execute(END.encode(), [shop.tenant.id, other, "declined", "no", "user:mei", proposal])


def test_an_ending_is_no_proposal(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    proposal = proposed(shop, case, as_owner)
    declined = [shop.tenant.id, case, "declined", "no", "user:mei", proposal]
    ((ending,),) = as_owner.execute(END.encode(), declined).fetchall()
    with assert_refused_by("exception_resolutions_end_a_proposal"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, "withdrawn", "no", "user:mei", ending])


def test_on_a_decided_case_nothing_is_proposed_nor_declined(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    proposal = proposed(shop, case, as_owner)
    as_owner.commit()
    decide(shop, case)
    with assert_refused_by("exception_resolutions_case_is_open"):
        as_owner.execute(END.encode(), [shop.tenant.id, case, "declined", "no", "user:mei", proposal])
    as_owner.rollback()
    with assert_refused_by("exception_resolutions_case_is_open"):
        proposed(shop, case, as_owner)


def test_a_case_cannot_hide_what_waits_nor_make_it_up(shop: Shop, as_owner: Raw) -> None:
    case = disputed(shop)
    hide = b"UPDATE exceptions SET awaits_confirmation = %s WHERE id = %s"
    with assert_refused_by("exceptions_awaiting_agrees"):
        as_owner.execute(hide, [True, case])
    as_owner.rollback()
    proposed(shop, case, as_owner)
    with assert_refused_by("exceptions_awaiting_agrees"):
        as_owner.execute(hide, [False, case])


def test_a_new_case_awaits_nothing(shop: Shop, as_owner: Raw) -> None:
    copied = b"""INSERT INTO exceptions (id, tenant_id, idempotency_key, raw_id, reason_code, status, details,
                                         awaits_confirmation)
                 SELECT gen_random_uuid(), tenant_id, 'another', raw_id, reason_code, 'open', '{}', true
                 FROM exceptions WHERE id = %s"""
    with assert_refused_by("exceptions_awaiting_agrees"):
        as_owner.execute(copied, [disputed(shop)])


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE exceptions SET assigned_to = 'user:eve' WHERE tenant_id = %s",
        "UPDATE exceptions SET status = 'open' WHERE tenant_id = %s",
        "DELETE FROM exceptions WHERE tenant_id = %s",
    ],
)
def test_a_resolved_case_is_neither_changed_nor_deleted(shop: Shop, as_owner: Raw, attack: str) -> None:
    decide(shop, disputed(shop))
    with assert_refused_by("exceptions_decided_once"):
        as_owner.execute(attack.encode(), [shop.tenant.id])


def test_an_open_case_is_not_deleted(shop: Shop, as_owner: Raw) -> None:
    disputed(shop)
    with assert_refused_by("exceptions_decided_once"):
        as_owner.execute(b"DELETE FROM exceptions WHERE tenant_id = %s", [shop.tenant.id])
