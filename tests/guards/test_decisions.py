"""Attacks on decisions with raw SQL, as the owner of the tables: what was decided stands, and is on record."""

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.guards.attacks import Attacker, Raw, assert_refused_by

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
