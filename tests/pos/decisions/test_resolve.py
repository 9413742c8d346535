"""Deciding on held events: what stands in the books afterwards, and what every version is answered with."""

import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from exceptions.cases import AlreadyResolved, FourEyesRequired
from exceptions.decisions import Decision, DecisionAction
from exceptions.models import ExceptionCase
from ledger.calendar import business_date_of
from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.tenants.models import Register, Store, Tenant
from pos.decisions import Preview, ReplayValidationFailed, ResolvedCase, resolve, weigh
from pos.posting import tenant_memory
from tests.conftest import Shop, open_shop


def decide(shop: Shop, case_id: str, action: DecisionAction = DecisionAction.REPLAY, **choice: Any) -> ResolvedCase:
    """Resolve a case as an operator."""
    decision = Decision(action, notes="Checked with the store.", **choice)
    return resolve.resolve_case(
        tenant_id=shop.tenant.id,
        case_id=uuid.UUID(case_id),
        decision=decision,
        actor="user:anna",
        may_approve=False,
        now=timezone.now(),
    )


def preview(shop: Shop, case_id: str, action: DecisionAction = DecisionAction.REPLAY, **choice: Any) -> Preview:
    """Preview a decision as an operator."""
    return resolve.preview_resolution(
        tenant_id=shop.tenant.id,
        case_id=uuid.UUID(case_id),
        decision=Decision(action, notes="Looking.", **choice),
        actor="user:anna",
        may_approve=False,
        now=timezone.now(),
    )


def changed(shop: Shop, event_id: str = "evt-1") -> dict[str, Any]:
    """Another version of the sale: 41.00 instead of 42.50, all in cash."""
    return shop.sale(
        event_id, total_amount=41, line_items=[{"sku": "A", "amount": 37}], tenders=[{"method": "CASH", "amount": 41}]
    )


def conflict(shop: Shop) -> str:
    """A posted sale and a contradicting version. :returns: the open case."""
    assert shop.send(shop.sale()).status_code == 201
    answer = shop.send(changed(shop))
    assert answer.json()["reason_code"] == "IDEMPOTENCY_CONFLICT"
    return str(answer.json()["exception_id"])


def drawer(shop: Shop) -> int:
    """What is in the till, in cents."""
    rows = shop.rows(
        "SELECT coalesce(sum(p.amount_minor), 0) FROM postings p JOIN accounts a ON a.id = p.account_id"
        " WHERE p.tenant_id = %s AND a.role = 'DRAWER'"
    )
    return int(rows[0][0])


def test_keeping_the_first_version_changes_no_books_and_rejects_the_other(shop: Shop) -> None:
    case = conflict(shop)

    resolved = decide(shop, case, canonical="FIRST")

    assert (resolved.result, resolved.journal_id, resolved.reversal_journal_id) == ("unchanged", None, None)
    assert shop.number("journals") == 1
    assert shop.send(shop.sale()).status_code == 200
    late = shop.send(changed(shop))
    assert (late.status_code, late.json()["reason_code"]) == (200, "REJECTED_BY_OPERATOR")


def test_choosing_the_last_version_reverses_and_posts_anew_in_one_commit(shop: Shop) -> None:
    case = conflict(shop)

    resolved = decide(shop, case, canonical="LAST")

    assert resolved.result == "processed"
    assert shop.number("journals") == 3
    assert drawer(shop) == 4100
    kinds = shop.rows("SELECT kind, revision, id FROM journals WHERE tenant_id = %s ORDER BY id")
    assert [row[:2] for row in kinds] == [("SALE", 1), ("REVERSAL", 1), ("SALE", 2)]
    assert (resolved.reversal_journal_id, resolved.journal_id) == (kinds[1][2], kinds[2][2])
    assert shop.send(changed(shop)).json()["result"] == "duplicate"
    first = shop.send(shop.sale())
    assert (first.status_code, first.json()["reason_code"]) == (200, "SUPERSEDED")


def test_no_replay_on_a_posted_key_rejects_the_other_version(shop: Shop) -> None:
    case = conflict(shop)

    resolved = decide(shop, case, DecisionAction.NO_REPLAY)

    assert resolved.attempted is False
    assert shop.rows("SELECT status FROM events_processed WHERE tenant_id = %s") == [("processed",)]
    assert shop.send(changed(shop)).json()["reason_code"] == "REJECTED_BY_OPERATOR"


def test_no_replay_on_a_key_that_was_never_posted_ignores_it(shop: Shop) -> None:
    held = shop.send(shop.sale(total_amount=99)).json()
    assert held["reason_code"] == "TOTALS_MISMATCH"

    decide(shop, held["exception_id"], DecisionAction.NO_REPLAY)

    assert shop.rows("SELECT status FROM events_processed WHERE tenant_id = %s") == [("ignored",)]
    again = shop.send(shop.sale(total_amount=99))
    assert (again.status_code, again.json()["reason_code"]) == (200, "IGNORED_BY_OPERATOR")
    assert shop.number("journals") == 0


def test_a_merge_patch_repairs_a_held_sale(shop: Shop) -> None:
    held = shop.send(shop.sale(total_amount=99)).json()

    resolved = decide(shop, held["exception_id"], patch={"total_amount": "42.50"})

    assert resolved.result == "processed"
    assert shop.rows("SELECT status, journal_id FROM events_processed WHERE tenant_id = %s") == [
        ("processed", resolved.journal_id)
    ]
    assert shop.send(shop.sale(total_amount=99)).json()["reason_code"] == "SUPERSEDED"
    assert shop.send(shop.sale(total_amount="42.50")).json()["result"] == "duplicate"


def test_two_hundred_retries_of_the_losing_version_open_nothing(shop: Shop) -> None:
    case = conflict(shop)
    decide(shop, case, canonical="LAST")

    codes = {shop.send(shop.sale()).json()["reason_code"] for _ in range(200)}

    assert codes == {"SUPERSEDED"}
    assert shop.rows("SELECT count(*) FROM exceptions WHERE tenant_id = %s AND status = 'open'") == [(0,)]
    assert shop.number("journals") == 3


def test_a_preview_takes_the_real_path_and_leaves_no_trace(shop: Shop) -> None:
    case = conflict(shop)
    before = [shop.number(table) for table in ("journals", "postings", "accounts", "audit_log", "event_versions")]

    seen = preview(shop, case, canonical="LAST")

    assert [journal.kind for journal in seen.journals] == ["REVERSAL", "SALE"]
    assert seen.change == {"drawer": {"USD": 2100}, "tax": {}, "revenue": {"USD": -150}}
    after = [shop.number(table) for table in ("journals", "postings", "accounts", "audit_log", "event_versions")]
    assert after == before
    assert shop.rows("SELECT status, replay_attempts FROM exceptions WHERE tenant_id = %s") == [("open", 0)]


def test_a_version_that_cannot_be_posted_is_refused_and_the_attempt_counted(shop: Shop) -> None:
    held = shop.send(shop.sale(total_amount=99)).json()

    with pytest.raises(ReplayValidationFailed) as refusal:
        decide(shop, held["exception_id"])

    assert refusal.value.context["reason_code"] == "TOTALS_MISMATCH"
    rows = shop.rows("SELECT status, replay_attempts, last_replay_status FROM exceptions WHERE tenant_id = %s")
    assert rows == [("open", 1, "TOTALS_MISMATCH")]


def test_a_case_is_decided_once(shop: Shop) -> None:
    case = conflict(shop)
    decide(shop, case, canonical="FIRST")

    with pytest.raises(AlreadyResolved):
        decide(shop, case, canonical="LAST")
    assert shop.number("journals") == 1


# ── What stands in the way ──────────────────────────────────────────────────────────────────────
def close_day(shop: Shop, day: date) -> None:
    """Seal a business day."""
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, day, now=timezone.now())
    tenant_memory.forget(shop.tenant.id)


def test_a_reversal_of_a_closed_day_is_booked_on_the_open_one(shop: Shop) -> None:
    now = timezone.now()
    shop.send(shop.sale(occurred_at=(now - timedelta(days=1)).isoformat()))
    other = changed(shop) | {"occurred_at": (now - timedelta(days=1)).isoformat()}
    case = shop.send(other).json()["exception_id"]
    (day,) = shop.rows("SELECT business_date FROM journals WHERE tenant_id = %s")[0]
    close_day(shop, day)

    decide(shop, case, canonical="LAST")

    rows = shop.rows("SELECT kind, is_late, business_date FROM journals WHERE tenant_id = %s ORDER BY id")
    assert [row[:2] for row in rows] == [("SALE", False), ("REVERSAL", True), ("SALE", True)]
    assert rows[1][2] > day
    assert rows[2][2] > day


def test_an_event_of_a_day_closed_too_long_ago_waits_until_somebody_dates_it(shop: Shop) -> None:
    shop.send(shop.sale("evt-old"))
    close_day(shop, date(2026, 2, 25))
    held = shop.send(shop.sale()).json()
    assert held["reason_code"] == "LATE_EVENT_OUTSIDE_WINDOW"

    with pytest.raises(ReplayValidationFailed):
        decide(shop, held["exception_id"])
    with pytest.raises(ReplayValidationFailed):
        decide(shop, held["exception_id"], patch={"business_date": "2999-01-01"})
    today = business_date_of(timezone.now(), time_zone="UTC", cut_off=time(23, 59))
    resolved = decide(shop, held["exception_id"], patch={"business_date": today.isoformat()})

    assert resolved.result == "processed"
    rows = shop.rows("SELECT business_date FROM journals WHERE tenant_id = %s AND source_key = 'evt-1'")
    assert rows == [(today,)]


def test_a_blocked_account_is_named_and_nothing_is_half_done(shop: Shop) -> None:
    case = conflict(shop)
    shop.rows("UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND role = 'SALES' RETURNING id")

    with pytest.raises(ReplayValidationFailed) as refusal:
        decide(shop, case, canonical="LAST")

    assert "SALES:USD is blocked" in refusal.value.message
    assert shop.number("journals") == 1
    assert shop.rows("SELECT status, replay_attempts FROM exceptions WHERE tenant_id = %s") == [("open", 1)]


def test_a_store_unknown_to_a_strict_tenant_must_be_created_first(books: None) -> None:
    shop = open_shop(strict_stores=True)
    held = shop.send(shop.sale()).json()
    assert held["reason_code"] == "UNKNOWN_STORE"
    with pytest.raises(ReplayValidationFailed):
        decide(shop, held["exception_id"])

    store = Store.objects.create(tenant=shop.tenant, code="store-1")
    Register.objects.create(tenant=shop.tenant, store=store, code="till-1")

    assert decide(shop, held["exception_id"]).result == "processed"


def test_a_source_event_id_of_another_event_is_refused_until_it_is_patched(shop: Shop) -> None:
    shop.send(shop.sale("evt-1", source_event_id="src-1"))
    held = shop.send(shop.sale("evt-2", source_event_id="src-1")).json()
    assert held["reason_code"] == "DUPLICATE_SOURCE_EVENT_ID"

    with pytest.raises(ReplayValidationFailed):
        decide(shop, held["exception_id"])
    decide(shop, held["exception_id"], patch={"source_event_id": "src-2"})

    third = shop.send(shop.sale("evt-3", source_event_id="src-2")).json()
    assert third["reason_code"] == "DUPLICATE_SOURCE_EVENT_ID"


def test_a_third_version_joins_and_a_decided_event_can_be_disputed_again(shop: Shop) -> None:
    case = conflict(shop)
    third = shop.sale(total_amount=40, line_items=None, tax_lines=None, tenders=None)
    assert shop.send(third).json()["exception_id"] == case
    decide(shop, case, canonical="FIRST")
    fourth = shop.sale(total_amount=39, line_items=None, tax_lines=None, tenders=None)

    again = shop.send(fourth).json()

    assert (again["reason_code"], again["exception_id"] != case) == ("IDEMPOTENCY_CONFLICT", True)
    decide(shop, again["exception_id"], canonical="LAST")
    back = shop.send(shop.sale(total_amount=38, line_items=None, tax_lines=None, tenders=None)).json()
    first = shop.rows("SELECT first_raw_id FROM events_processed WHERE tenant_id = %s")[0][0]
    decide(shop, back["exception_id"], canonical_raw_id=first)
    revisions = shop.rows(
        "SELECT j.revision FROM journals j WHERE j.tenant_id = %s AND j.reverses_id IS NULL"
        " AND NOT EXISTS (SELECT FROM journals r WHERE r.reverses_id = j.id)"
    )
    assert revisions == [(3,)]
    assert shop.send(shop.sale()).json()["result"] == "duplicate"
    assert shop.send(fourth).json()["reason_code"] == "SUPERSEDED"


def test_an_ignored_event_can_be_posted_when_a_new_version_reopens_it(shop: Shop) -> None:
    held = shop.send(shop.sale(total_amount=99)).json()
    decide(shop, held["exception_id"], DecisionAction.NO_REPLAY)
    again = shop.send(shop.sale()).json()
    assert again["reason_code"] == "IDEMPOTENCY_CONFLICT"

    decide(shop, again["exception_id"], canonical="LAST")

    assert shop.rows("SELECT status FROM events_processed WHERE tenant_id = %s") == [("processed",)]
    assert shop.send(shop.sale(total_amount=99)).json()["reason_code"] == "REJECTED_BY_OPERATOR"


def test_choosing_a_version_that_moves_no_money_only_reverses(shop: Shop) -> None:
    shop.send(shop.sale())
    empty = shop.sale(event_type="NO_SALE", total_amount=None, line_items=None, tax_lines=None, tenders=None)
    case = shop.send(empty).json()["exception_id"]

    resolved = decide(shop, case, canonical="LAST")

    assert resolved.journal_id is None
    assert resolved.reversal_journal_id is not None
    assert drawer(shop) == 0


# ── Four eyes ───────────────────────────────────────────────────────────────────────────────────
def limit(shop: Shop, minor: int) -> None:
    Tenant.objects.filter(pk=shop.tenant.id).update(four_eyes_limit_minor=minor)


def decide_as(shop: Shop, case_id: str, actor: str, *, may_approve: bool = True, **choice: Any) -> ResolvedCase:
    return resolve.resolve_case(
        tenant_id=shop.tenant.id,
        case_id=uuid.UUID(case_id),
        decision=Decision(DecisionAction.REPLAY, notes="Checked.", **choice),
        actor=actor,
        may_approve=may_approve,
        now=timezone.now(),
    )


def test_above_the_limit_a_second_person_who_may_must_confirm_the_same_decision(shop: Shop) -> None:
    case = conflict(shop)
    limit(shop, 1000)

    with pytest.raises(FourEyesRequired):
        decide_as(shop, case, "user:anna", canonical="LAST")
    with pytest.raises(FourEyesRequired):  # not by herself
        decide_as(shop, case, "user:anna", canonical="LAST")
    with pytest.raises(FourEyesRequired):  # not by somebody who may not
        decide_as(shop, case, "user:bert", may_approve=False, canonical="LAST")
    with pytest.raises(FourEyesRequired):  # not something else
        decide_as(shop, case, "user:carl", canonical="FIRST")
    assert shop.number("journals") == 1

    assert decide_as(shop, case, "user:carl", canonical="LAST").result == "processed"

    stages = shop.rows("SELECT stage, actor FROM exception_resolutions WHERE tenant_id = %s ORDER BY id")
    assert stages == [
        ("proposed", "user:anna"), ("proposed", "user:bert"), ("proposed", "user:carl"), ("resolved", "user:carl"),
    ]  # fmt: skip


def test_up_to_the_limit_one_person_decides(shop: Shop) -> None:
    case = conflict(shop)
    limit(shop, 4250)
    assert decide_as(shop, case, "user:anna", may_approve=False, canonical="LAST").result == "processed"


def test_a_patch_cannot_lift_an_event_over_the_limit_unseen(shop: Shop) -> None:
    held = shop.send(shop.sale(total_amount=9)).json()
    limit(shop, 5000)
    patch = {"total_amount": 900, "line_items": None, "tax_lines": None, "tenders": None}
    with pytest.raises(FourEyesRequired):
        decide_as(shop, held["exception_id"], "user:anna", patch=patch)


def test_a_preview_says_that_a_second_person_is_needed(shop: Shop) -> None:
    case = conflict(shop)
    limit(shop, 100)
    assert preview(shop, case, canonical="LAST").needs_second_person is True
    assert shop.number("exception_resolutions") == 0


def test_weighing_shows_every_version_without_locking_or_keeping_anything(shop: Shop) -> None:
    case = conflict(shop)
    shop.send(shop.sale(total_amount=77))

    choices = weigh.weigh_choices(ExceptionCase.objects.get(pk=case), now=timezone.now())

    assert [(c.is_first, c.stands, bool(c.refusal)) for c in choices] == [
        (True, True, False), (False, False, False), (False, False, True),
    ]  # fmt: skip
    assert choices[1].change["drawer"] == {"USD": 2100}
    assert [journal.kind for journal in choices[1].journals] == ["REVERSAL", "SALE"]
