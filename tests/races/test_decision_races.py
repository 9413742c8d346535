"""Deciding under fire: operators, retries, new versions and a close, all at once."""

import json
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exceptions import proposals
from exceptions.decisions import Decision, DecisionAction
from exceptions.models import Resolution
from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from pos.decisions import replay_jobs, resolve
from pos.intake import receive_event
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


def other_version(shop: Shop, total: Any = 41, **changes: Any) -> dict[str, Any]:
    return shop.sale(total_amount=total, line_items=None, tax_lines=None, tenders=None, **changes)


def deciding(shop: Shop, case: str, *, may_approve: bool = False, **choice: Any) -> Callable[[], str]:
    """One operator's decision, to be made later; answers the refusal's code or the result."""

    def decide() -> str:
        try:
            return resolve.resolve_case(
                tenant_id=shop.tenant.id,
                case_id=uuid.UUID(case),
                decision=Decision(DecisionAction.REPLAY, notes="Checked.", **choice),
                actor=f"user:{uuid.uuid4().hex[:6]}",
                may_approve=may_approve,
                now=timezone.now(),
            ).result
        except DomainError as refusal:
            return refusal.code

    return decide


def sending(shop: Shop, event: dict[str, Any]) -> Callable[[], str]:
    body = json.dumps(event).encode()
    return lambda: str(receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now()).reason_code)


def test_of_twenty_operators_one_decides(shop: Shop) -> None:
    shop.send(shop.sale())
    case = shop.send(other_version(shop)).json()["exception_id"]

    answers = all_at_once([deciding(shop, case, canonical="LAST")] * 20)

    assert Counter(answers) == {"processed": 1, "ALREADY_RESOLVED": 19}
    assert shop.number("journals") == 3
    assert shop.number("exception_resolutions") == 1


def test_contradicting_operators_leave_one_decision(shop: Shop) -> None:
    shop.send(shop.sale())
    case = shop.send(other_version(shop)).json()["exception_id"]

    answers = all_at_once([deciding(shop, case, canonical=choice) for choice in ("FIRST", "LAST") * 5])

    assert Counter(answers)["ALREADY_RESOLVED"] == 9
    assert shop.number("exception_resolutions") == 1


def test_confirming_and_declining_at_once_leave_one_of_them(shop: Shop) -> None:
    """Whoever comes second is told what happened; a confirmation that came too late is no new proposal."""
    Tenant.objects.filter(pk=shop.tenant.id).update(four_eyes_limit_minor=0)
    for number in range(4):
        shop.send(shop.sale(f"evt-{number}"))
        case = shop.send(other_version(shop, event_id=f"evt-{number}")).json()["exception_id"]
        assert deciding(shop, case, canonical="LAST")() == "FOUR_EYES_REQUIRED"
        proposal = Resolution.objects.get(tenant_id=shop.tenant.id, case_id=case)

        answers = all_at_once([confirming(shop, proposal), declining(shop, proposal)] * 4)

        told = Counter(answers)
        if told["processed"]:
            assert told == {"processed": 1, "ALREADY_RESOLVED": 7}
        else:
            assert told == {"declined": 1, "PROPOSAL_ENDED": 7}
        assert Resolution.objects.filter(tenant_id=shop.tenant.id, case_id=case).count() == 2


def confirming(shop: Shop, proposal: Resolution) -> Callable[[], str]:
    """A second person's confirmation of that proposal, to be made later."""
    choice = {"canonical_raw_id": proposal.canonical_raw_id, "confirms": proposal.pk}
    return deciding(shop, str(proposal.case_id), may_approve=True, **choice)


def declining(shop: Shop, proposal: Resolution) -> Callable[[], str]:
    def decline() -> str:
        try:
            return proposals.decline_proposal(
                tenant_id=shop.tenant.id,
                case_id=proposal.case_id,
                proposal_id=proposal.pk,
                notes="No.",
                actor=f"user:{uuid.uuid4().hex[:6]}",
                may_approve=True,
                now=timezone.now(),
            ).stage
        except DomainError as refusal:
            return refusal.code

    return decline


def test_versions_that_arrive_while_somebody_decides_are_decided_or_held(shop: Shop) -> None:
    """Either the new version joined the case and was rejected, or it opened another one."""
    shop.send(shop.sale())
    case = shop.send(other_version(shop)).json()["exception_id"]
    versions = [sending(shop, other_version(shop, total)) for total in range(50, 60)]
    retries = [sending(shop, shop.sale())] * 5

    all_at_once([deciding(shop, case, canonical="LAST"), *versions, *retries])

    ((open_cases, held),) = shop.rows(
        "SELECT (SELECT count(*) FROM exceptions e WHERE e.tenant_id = t.id AND e.status = 'open'),"
        " (SELECT count(*) FROM event_versions v WHERE v.tenant_id = t.id AND v.disposition = 'held')"
        " FROM tenants t WHERE t.id = %s"
    )
    assert open_cases == (1 if held else 0)


def test_deciding_and_closing_the_day_exclude_each_other(shop: Shop) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).replace(hour=12)
    cases = []
    for number in range(6):
        when = {"occurred_at": yesterday.isoformat()}
        shop.send(shop.sale(f"evt-{number}", **when))
        version = other_version(shop, **when) | {"event_id": f"evt-{number}"}
        cases.append(shop.send(version).json()["exception_id"])

    def closing() -> str:
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, yesterday.date(), now=timezone.now())
        return "closed"

    answers = all_at_once([closing, *[deciding(shop, case, canonical="LAST") for case in cases]])

    # Whoever met the close either came before it, was booked on the next day, or was told; nothing is in between.
    assert set(answers) <= {"closed", "processed", "REPLAY_VALIDATION_FAILED"}
    assert shop.number("journals") == 6 + 2 * Counter(answers)["processed"]


def test_two_workers_with_the_same_job_post_every_event_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = Tenant.objects.filter(pk=shop.tenant.id)
    tenant.update(enabled_event_types=["NO_SALE"])
    for number in range(12):
        shop.send(shop.sale(f"evt-{number}"))
    tenant.update(enabled_event_types=["SALE"])
    monkeypatch.setattr(replay_jobs, "CHUNK", 2)
    job = replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Switched on.",
        actor="user:anna",
        may_approve=False,
        now=timezone.now(),
    )

    done = all_at_once([lambda: replay_jobs.run_replay(job_id=job.id)] * 4)

    assert {one.status for one in done} == {"done"}
    assert {one.resolved for one in done} == {12}
    assert shop.number("journals") == 12
