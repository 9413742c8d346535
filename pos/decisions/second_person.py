"""Four eyes: decisions above the tenant's limit need a second person; until then they are kept as proposals."""

from collections.abc import Sequence

from exceptions import cases, proposals
from exceptions.cases import FourEyesRequired
from ledger.balances import balances
from pos.decisions.request import DecisionRequest, patch_text
from pos.decisions.writing import CaseRun
from pos.posting import TenantMemory


def refuse_unconfirmable(request: DecisionRequest, runs: Sequence[CaseRun]) -> None:
    """Refuse confirmations of proposals that were declined, withdrawn or changed meanwhile.

    A confirmation names the proposal it is for; it must not turn into a new proposal.
    """
    if request.decision.confirms is None:
        return
    for run in runs:
        refusal = run.refusal or proposals.refusal_of_confirming(
            run.case_id,
            request.decision.confirms,
            tenant_id=request.tenant_id,
            action=request.decision.action,
            payload_hash=run.candidate.payload_hash if run.candidate else None,
            actor=request.actor,
            may_approve=request.may_approve,
        )
        if refusal is not None:
            run.refuse(refusal)


def ask_second_person(
    request: DecisionRequest, runs: Sequence[CaseRun], memory: TenantMemory, *, propose: bool
) -> None:
    """Mark runs above the limit, and refuse those without a confirmed proposal.

    :param propose: keep the decision as a proposal; False carries it out all the same (a preview is rolled back).
    """
    limit = memory.four_eyes_limit_minor
    if limit is None or request.automatic:
        return
    undone = {run.ruling.reverses.id for run in runs if run.ruling and run.ruling.reverses}
    turnover = balances.turnover_of(request.tenant_id, undone) if undone else {}
    for run in runs:
        if run.ruling is None or not _is_above(run, limit, memory.base_currency, turnover):
            continue
        run.needs_second_person = True
        if propose and not _is_confirmed(request, run):
            _propose(request, run)
            run.refuse(FourEyesRequired())


def _is_confirmed(request: DecisionRequest, run: CaseRun) -> bool:
    return request.may_approve and cases.confirms_a_proposal(
        run.case_id,
        tenant_id=request.tenant_id,
        action=request.decision.action,
        payload_hash=run.candidate.payload_hash if run.candidate else None,
        actor=request.actor,
    )


def _propose(request: DecisionRequest, run: CaseRun) -> None:
    candidate = run.candidate
    cases.propose(
        run.case_id,
        request.decision,
        tenant_id=request.tenant_id,
        patch_text=patch_text(request.decision),
        canonical_raw_id=candidate.raw_id if candidate else None,
        payload_hash=candidate.payload_hash if candidate else None,
        actor=request.actor,
        now=request.now,
    )


def _is_above(run: CaseRun, limit: int, base_currency: str, turnover: dict[int, int]) -> bool:
    """Tell whether the amount at risk, posted or reversed exceeds the limit. Other currencies count as above it."""
    case, ruling = run.held_case.case, run.ruling
    currencies = {case.currency} if case.amount_at_risk_minor else set()
    amounts = [case.amount_at_risk_minor or 0]
    if ruling and ruling.post:
        currencies |= {line.account.currency for line in ruling.post.draft.lines}
        amounts.append(sum(line.amount_minor for line in ruling.post.draft.lines if line.amount_minor > 0))
    if ruling and ruling.reverses:
        amounts.append(turnover.get(ruling.reverses.id, 0))
    return max(amounts) > limit or bool(currencies - {base_currency, ""})
