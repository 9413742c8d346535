"""Each invariant of arrivals, keys and held work: plant a violation, see exactly it reported."""

import hashlib
import json

import pytest

from tests.conftest import open_shop
from tests.invariants.conftest import fill
from tests.scenes.violations import Ground

KEY = "SELECT id FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s"
RAW = "SELECT first_raw_id FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s"
JOURNAL = "SELECT journal_id FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s"


# ── I00 ─────────────────────────────────────────────────────────────────────────────────────────
def test_i00_sees_a_journal_the_rules_would_not_make(ground: Ground) -> None:
    """Sales and tax swapped: balanced, complete, and wrong."""
    journal = ground.plant(JOURNAL, key="sold")
    ground.plant(
        """UPDATE postings p SET amount_minor = CASE a.role WHEN 'SALES' THEN -400 ELSE -3850 END
        FROM accounts a WHERE a.id = p.account_id AND a.role IN ('SALES', 'SALES_TAX') AND p.journal_id = %(id)s""",
        id=journal,
    )
    ground.assert_broken("I00", "journals", journal, implied="I42")


@pytest.mark.parametrize(
    "change", ["kind = 'CASH_DROP'", "external_ref = 'x'", "occurred_at = now()", "rules_version = 99"]
)
def test_i00_sees_a_changed_journal(ground: Ground, change: str) -> None:
    journal = ground.plant(JOURNAL, key="sold")
    ground.plant(f"UPDATE journals SET {change} WHERE id = %(id)s", id=journal)
    ground.assert_broken("I00", "journals", journal, implied="I42" if change[0] in "eo" else "")


def test_i00_sees_a_journal_that_bears_the_instant_of_a_wrong_clock(ground: Ground) -> None:
    journal = ground.plant(JOURNAL, key="sold")
    ground.plant(
        """UPDATE events_raw SET device_sent_at = received_at - interval '2 hours',
        corrected_at = occurred_at + interval '2 hours' WHERE tenant_id = %(tenant)s AND event_id = 'sold'"""
    )
    ground.assert_broken("I00", "journals", journal)


def test_i00_sees_a_journal_without_cause(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="event", key="nobody sent this")
    ground.assert_broken("I00", "journals", journal)


def test_i00_sees_a_journal_of_an_unknown_source(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="magic")
    ground.assert_broken("I00", "journals", journal)


def test_i00_sees_a_posting_event_without_journal(ground: Ground) -> None:
    key = ground.plant(KEY, key="sold")
    ground.plant(
        "DELETE FROM postings WHERE journal_id = (SELECT journal_id FROM events_processed WHERE id = %(key)s)", key=key
    )
    ground.plant("UPDATE event_outcomes SET journal_id = NULL WHERE tenant_id = %(tenant)s")
    ground.plant(
        "DELETE FROM sales WHERE journal_id = (SELECT journal_id FROM events_processed WHERE id = %(key)s)", key=key
    )
    ground.plant(
        "DELETE FROM journals WHERE id = (SELECT journal_id FROM events_processed WHERE id = %(key)s)", key=key
    )
    ground.plant("UPDATE events_processed SET journal_id = NULL WHERE id = %(key)s", key=key)
    ground.assert_broken("I00", "events_processed", key)


# ── Bronze ──────────────────────────────────────────────────────────────────────────────────────
def test_i01_sees_bytes_that_changed(ground: Ground) -> None:
    raw = ground.plant(RAW, key="sold")
    ground.plant("UPDATE events_raw SET raw_body = raw_body || ' ' WHERE id = %(id)s", id=raw)
    ground.assert_broken("I01", "events_raw", raw)


def test_i01_sees_a_redacted_arrival_without_mac(ground: Ground) -> None:
    raw = ground.plant(
        "UPDATE events_raw SET redacted_mac = '' WHERE tenant_id = %(tenant)s AND raw_sha256 IS NULL RETURNING id"
    )
    ground.assert_broken("I01", "events_raw", raw)


def test_i02_sees_an_outcome_whose_arrival_is_gone(ground: Ground) -> None:
    outcome = ground.plant(
        """INSERT INTO event_outcomes (raw_event_id, tenant_id, result)
        SELECT max(id) + 1000000, %(tenant)s, 'rejected' FROM events_raw RETURNING raw_event_id"""
    )
    ground.assert_broken("I02", "event_outcomes", outcome)


def test_i03_sees_an_arrival_without_outcome(ground: Ground) -> None:
    raw = ground.plant(
        """INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, raw_length, headers)
        SELECT nextval('events_raw_id_seq'), tenant_id, api_key_id, now(), '', sha256(''), 0, '{}'
        FROM events_raw WHERE id = (SELECT min(id) FROM events_raw WHERE tenant_id = %(tenant)s) RETURNING id"""
    )
    ground.assert_broken("I03", "events_raw", raw)


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "change",
    [
        "arrivals = arrivals + 1",
        "last_raw_id = first_raw_id",
        "first_seen_at = first_seen_at - interval '1 second'",
        "payload_hash_last = sha256('x')",
    ],
)
def test_i04_sees_a_key_that_counts_wrong(ground: Ground, change: str) -> None:
    key = ground.plant(KEY, key="sold")
    ground.plant(f"UPDATE events_processed SET {change} WHERE id = %(id)s", id=key)
    ground.assert_broken("I04", "events_processed", key)


def test_i04_sees_an_arrival_that_belongs_to_no_key(ground: Ground) -> None:
    raw = ground.plant(
        "UPDATE event_outcomes SET result = 'duplicate' WHERE tenant_id = %(tenant)s AND result = 'rejected' "
        "RETURNING raw_event_id"
    )
    ground.assert_broken("I04", "events_raw", raw)


def test_i05_sees_a_second_first_arrival(ground: Ground) -> None:
    outcome = ground.plant(
        "UPDATE event_outcomes SET result = 'processed' WHERE tenant_id = %(tenant)s AND result = 'duplicate' "
        "RETURNING raw_event_id"
    )
    ground.assert_broken("I05", "event_outcomes", outcome)


def test_i06_sees_a_second_effective_journal(ground: Ground) -> None:
    ground.journal(("SALES", -100), ("SAFE", 100), source="event", key="sold", revision=2)
    ground.assert_broken("I06", "events_processed", ground.plant(KEY, key="sold"), implied="I00 I42")


def test_i06_sees_a_processed_key_whose_journal_was_reversed(ground: Ground) -> None:
    journal = ground.plant(JOURNAL, key="drop")
    ground.journal(("SAFE", -500), ("DRAWER", 500), reverses=journal)
    ground.assert_broken("I06", "events_processed", ground.plant(KEY, key="drop"))


def test_i07_sees_a_journal_of_a_held_key(ground: Ground) -> None:
    ground.journal(("SALES", -100), ("SAFE", 100), source="event", key="held")
    ground.assert_broken("I07", "events_processed", ground.plant(KEY, key="held"), implied="I00 I42")


def test_i08_sees_an_effective_payload_that_did_not_arrive(ground: Ground) -> None:
    key = ground.plant(KEY, key="sold")
    ground.plant("UPDATE events_processed SET effective_hash = sha256('x') WHERE id = %(id)s", id=key)
    ground.assert_broken("I08", "events_processed", key)


# ── Held work ───────────────────────────────────────────────────────────────────────────────────
RESOLVED = """
WITH decided AS (
    UPDATE exceptions SET status = 'resolved', resolved_at = now(), resolution_actor = 'user:x',
           resolution_action = 'x', resolution_notes = 'x'
    WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s RETURNING *
)
INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, notes, actor, at)
SELECT tenant_id, id, 'resolved', 'x', '', 'x', 'user:x', resolved_at FROM decided RETURNING case_id
"""
CASE = """
INSERT INTO exceptions (id, tenant_id, idempotency_key, raw_id, reason_code, status, details, resolved_at,
                        resolution_actor, resolution_action, resolution_notes)
SELECT gen_random_uuid(), tenant_id, idempotency_key, first_raw_id, 'IDEMPOTENCY_CONFLICT', %(status)s::text, '{}',
       CASE %(status)s::text WHEN 'resolved' THEN now() END, 'user:x', 'x', ' '
FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = %(key)s RETURNING id
"""


def test_i09_sees_a_held_key_nobody_is_asked_about(ground: Ground) -> None:
    ground.plant(RESOLVED, key="held")
    ground.assert_broken("I09", "events_processed", ground.plant(KEY, key="held"))


def test_i09_sees_a_second_open_exception(ground: Ground) -> None:
    ground.plant("DROP INDEX exceptions_one_open_per_key")
    case = ground.plant(CASE, key="disputed", status="open")
    ground.assert_broken("I09", "exceptions", case)


PATCHED = """
INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition, patched_body)
SELECT tenant_id, id, sha256('x'), first_raw_id, 'superseded', '{"event_id":"sold"}'
FROM events_processed WHERE tenant_id = %(tenant)s AND idempotency_key = 'sold' RETURNING id
"""


def test_i08_sees_a_patched_version_that_was_rewritten(ground: Ground) -> None:
    ground.assert_broken("I08", "event_versions", ground.plant(PATCHED))


def test_i08_sees_a_journal_made_of_another_version_than_the_effective_one(ground: Ground) -> None:
    case = ground.plant(RESOLVED, key="disputed")
    ground.plant(
        "UPDATE exception_resolutions SET journal_id = k.journal_id, final_payload_sha256 = v.payload_hash "
        "FROM events_processed k JOIN event_versions v ON v.event_key_id = k.id "
        "WHERE case_id = %(case)s::uuid AND k.tenant_id = %(tenant)s AND k.idempotency_key = 'disputed'",
        case=case,
    )
    # Nobody has decided on that version either: it still says it waits.
    ground.assert_broken("I08", "events_processed", ground.plant(KEY, key="disputed"), implied="I11")


def test_i10_sees_a_decision_that_is_not_on_record(ground: Ground) -> None:
    case = ground.plant(RESOLVED, key="disputed")
    ground.plant("UPDATE exception_resolutions SET actor = 'user:y' WHERE case_id = %(case)s::uuid", case=case)
    ground.plant("UPDATE event_versions SET disposition = 'rejected' WHERE tenant_id = %(tenant)s")
    ground.assert_broken("I10", "exceptions", case)


def test_i10_sees_an_open_case_with_a_decision(ground: Ground) -> None:
    case = ground.plant(RESOLVED, key="disputed")
    ground.plant("UPDATE exceptions SET status = 'open', resolved_at = NULL WHERE id = %(case)s::uuid", case=case)
    ground.assert_broken("I10", "exceptions", case)


PROPOSED = """
INSERT INTO exception_resolutions (tenant_id, case_id, stage, action, result, notes, actor, proposal_id)
SELECT tenant_id, id, %(stage)s::text, 'x', '', 'x', %(actor)s::text, %(proposal)s::bigint
FROM exceptions WHERE tenant_id = %(tenant)s AND idempotency_key = 'held' RETURNING id
"""
HELD = "SELECT id FROM exceptions WHERE tenant_id = %(tenant)s AND idempotency_key = 'held'"


def test_i10_sees_a_case_that_does_not_say_that_a_proposal_waits(ground: Ground) -> None:
    ground.plant(PROPOSED, stage="proposed", actor="user:x", proposal=None)
    ground.assert_broken("I10", "exceptions", ground.plant(HELD))


def test_i10_sees_a_case_that_says_so_of_a_proposal_that_ended(ground: Ground) -> None:
    proposal = ground.plant(PROPOSED, stage="proposed", actor="user:x", proposal=None)
    ground.plant(PROPOSED, stage="declined", actor="user:y", proposal=proposal)
    assert "I10" not in ground.broken()
    ground.plant("UPDATE exceptions SET awaits_confirmation = true WHERE id = %(case)s::uuid", case=ground.plant(HELD))
    ground.assert_broken("I10", "exceptions", ground.plant(HELD))


@pytest.mark.parametrize(("stage", "actor"), [("declined", "user:x"), ("withdrawn", "user:y")])
def test_i10_sees_a_proposal_ended_by_the_wrong_person(ground: Ground, stage: str, actor: str) -> None:
    proposal = ground.plant(PROPOSED, stage="proposed", actor="user:x", proposal=None)
    ending = ground.plant(PROPOSED, stage=stage, actor=actor, proposal=proposal)
    ground.assert_broken("I10", "exception_resolutions", ending)


def test_i10_sees_an_ending_of_what_is_no_proposal(ground: Ground) -> None:
    proposal = ground.plant(PROPOSED, stage="proposed", actor="user:x", proposal=None)
    declined = ground.plant(PROPOSED, stage="declined", actor="user:y", proposal=proposal)
    ending = ground.plant(PROPOSED, stage="declined", actor="user:z", proposal=declined)
    ground.assert_broken("I10", "exception_resolutions", ending)


def test_i10_sees_a_decision_without_reason(ground: Ground) -> None:
    case = ground.plant(CASE, key="sold", status="resolved")
    ground.assert_broken("I10", "exceptions", case)


def test_i11_sees_a_version_that_waits_for_nobody(ground: Ground) -> None:
    version = ground.plant(
        """INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition)
        SELECT tenant_id, id, payload_hash_first, first_raw_id, 'held' FROM events_processed
        WHERE tenant_id = %(tenant)s AND idempotency_key = 'sold' RETURNING id"""
    )
    ground.assert_broken("I11", "event_versions", version)


# ── Tenants and card numbers ────────────────────────────────────────────────────────────────────
def test_i12_sees_a_posting_to_another_tenants_account(ground: Ground) -> None:
    neighbour = open_shop()
    fill(neighbour)
    posting = ground.plant(
        """UPDATE postings SET account_id = (SELECT id FROM accounts WHERE tenant_id = %(neighbour)s AND role = 'SALES')
        WHERE (journal_id, line_no) = (
            SELECT p.journal_id, p.line_no FROM postings p JOIN accounts a ON a.id = p.account_id
            WHERE p.tenant_id = %(tenant)s AND a.role = 'SALES' LIMIT 1)
        RETURNING journal_id || '/' || line_no""",
        neighbour=neighbour.tenant.id,
    )
    ground.assert_broken("I12", "postings", posting)


@pytest.mark.parametrize(
    ("table", "key", "column", "value"),
    [
        ("event_outcomes", "raw_event_id", "exception_id", "gen_random_uuid()"),
        ("events_processed", "id", "last_exception_id", "gen_random_uuid()"),
        ("events_raw", "id", "api_key_id", "0"),
    ],
)
def test_i12_sees_a_reference_to_nothing(ground: Ground, table: str, key: str, column: str, value: str) -> None:
    row = ground.plant(
        f"UPDATE {table} SET {column} = {value} WHERE {key} = (SELECT min({key}) FROM {table} "
        f"WHERE tenant_id = %(tenant)s) RETURNING {key}"
    )
    ground.assert_broken("I12", table, row)


PAN = "4111111111111111"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"cashier_id": "{PAN}"}}',
        '{"cashier_id": "4111-1111-1111-1111"}',
        f'{{"metadata": {{"{PAN}": 1}}}}',
        f'{{"amount": {PAN}.0}}',
        '{"amount": 4.111111111111111e15}',
        f'{{"reason": "line\\n{PAN}"}}',
        f'{{"reason": "\\u0034{PAN[1:]}"}}',
        f'not JSON, "\\u0034{PAN[1:]}"',
    ],
)
def test_i40_sees_a_card_number_in_a_kept_body(ground: Ground, body: str) -> None:
    raw = ground.plant(
        """UPDATE events_raw SET raw_body = %(body)s, raw_sha256 = %(sha)s, raw_length = %(length)s
        WHERE tenant_id = %(tenant)s AND raw_body = 'no event' RETURNING id""",
        body=body.encode(),
        sha=hashlib.sha256(body.encode()).digest(),
        length=len(body),
    )
    ground.assert_broken("I40", "events_raw", raw)


def test_i40_sees_a_card_number_in_headers_and_notes(ground: Ground) -> None:
    raw = ground.plant(RAW, key="sold")
    headers = json.dumps({"User-Agent": f"till\n{PAN}"})
    ground.plant("UPDATE events_raw SET headers = %(headers)s::jsonb WHERE id = %(id)s", headers=headers, id=raw)
    ground.assert_broken("I40", "events_raw", raw)
    case = ground.plant(
        "UPDATE exceptions SET details = jsonb_build_object('said', %(pan)s::text) WHERE tenant_id = %(tenant)s "
        "AND idempotency_key = 'held' RETURNING id",
        pan="5555 5555 5555 4444",
    )
    ground.assert_broken("I40", "exceptions", case)
