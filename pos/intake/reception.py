"""What the database told of a set of arrivals, judged and written: the second half of a reception."""

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from ledgersafe.postgres.db import JsonText, as_jsonb, call
from ledgersafe.tenants.principals import Principal
from pos.arrivals.arrival import Refusal, fields_of
from pos.arrivals.claims import clashes_of
from pos.intake.answer import Answer
from pos.intake.gate import GateOutcome, Judgement, KeyState, judge
from pos.intake.levels import next_level
from pos.intake.plan import Plan
from pos.intake.writer import AccountIds, NewKey, Writer, WriteResult
from pos.models import Disposition, KeyStatus, Result

#: Judges plans that are about other events, and adds what they need to the account ids; tells which it could judge.
Rule = Callable[[list[Plan]], list[Plan]]

logger = logging.getLogger(__name__)


class Reception:
    """One reception between its first statement and the commit; lives inside the use case's transaction."""

    def __init__(
        self,
        principal: Principal,
        plans: Sequence[Plan],
        account_ids: AccountIds,
        raw_ids: Sequence[int],
        writer: Writer | None = None,
        rule: Rule | None = None,
    ) -> None:
        self._tenant_id = principal.tenant_id
        self._tenant_slug = principal.tenant_slug
        self._plans = plans
        self._account_ids = account_ids
        self._raw_ids = raw_ids
        self._writer = writer
        self._rule = rule
        self.is_awaited = False
        self._answers: dict[int, Answer] = {}
        self._states: dict[str, KeyState] = {}
        self._followed: set[str | None] = set()
        self._judged: list[dict[str, Any]] = []
        self._cases: list[dict[str, Any]] = []

    def settle(self, told: WriteResult, context: JsonText) -> None:
        """Take in what was fresh, settle what had to wait, hold what clashed, judge the rest.

        One statement more for each of these that there is anything of, whatever its size.
        """
        # Of what is new the state is asked only when the batch has its key again.
        self._followed = {plan.arrival.event_id for plan in self._plans if plan.follows}
        clashing = self._take_in(told)
        waiting = [plan for plan in self._plans if plan.waits and not plan.refers]
        for plan in waiting:
            plan.waits = False
        if waiting:
            clashing |= self._settle_now(waiting)
        clashing |= self._settle_referring()
        if clashing:
            self._hold_clashes(clashing)
        for plan in self._plans:
            if plan.ordinal not in self._answers:
                self._settle_one(plan)
        if self._judged:
            call("pos_apply_v1", self._tenant_id, context, as_jsonb(self._judged), as_jsonb(self._cases))

    def _settle_referring(self) -> set[int]:
        """What is about other events, level by level."""
        clashing: set[int] = set()
        while pending := [plan for plan in self._plans if plan.refers and not plan.follows]:
            assert self._rule is not None  # noqa: S101  only a transaction has plans about other events
            judged = self._rule(next_level(pending))
            clashing |= self._settle_now(judged)
        return clashing

    def answers(self) -> list[Answer]:
        """The outcomes, in the order of the arrivals."""
        return [self._answers[plan.ordinal] for plan in self._plans]

    def _take_in(self, told: WriteResult) -> set[int]:
        """Note answers and key states. :returns: ordinals of new keys whose claims are another key's."""
        self.is_awaited |= told.is_awaited
        for fresh in told.new_keys:
            self._take_in_fresh(fresh)
        for known in told.known:
            self._states[known["k"]] = KeyState(
                key_id=known["id"],
                status=KeyStatus(known["status"]),
                first_hash=known["first"],
                effective_hash=known["effective"],
                journal_id=known["journal"],
                open_case=known["case"],
                versions={payload: Disposition(value) for payload, value in known["versions"].items()},
            )
        return told.clashing

    def _take_in_fresh(self, fresh: NewKey) -> None:
        plan, arrival = fresh.plan, fresh.plan.arrival
        if fresh.why == "PROCESSING_FAILED":
            logger.warning("Event %s could not be processed; held as %s", arrival.event_id, fresh.case_id)
        self._answers[plan.ordinal] = self._answer(
            plan,
            Result.QUARANTINED if fresh.is_held else Result.PROCESSED,
            reason=fresh.why,
            case=fresh.case_id,
            journal=fresh.journal_id,
        )
        if arrival.event_id in self._followed:
            self._states[arrival.event_id or ""] = KeyState(
                key_id=fresh.key_id,
                status=KeyStatus.QUARANTINED if fresh.is_held else KeyStatus.PROCESSED,
                first_hash=arrival.payload_hash,
                effective_hash=None if fresh.is_held else arrival.payload_hash,
                journal_id=fresh.journal_id,
                open_case=fresh.case_id,
                versions={},
            )

    def _settle_now(self, plans: Sequence[Plan]) -> set[int]:
        assert self._writer is not None  # noqa: S101  only a transaction has plans that wait
        return self._take_in(self._writer.settle(plans, self._account_ids))

    def _hold_clashes(self, ordinals: set[int]) -> None:
        """New keys whose source event id, or device's number, belongs to another key: held, claiming nothing."""
        clashing = [plan for plan in self._plans if plan.ordinal in ordinals]
        for plan, hold in zip(clashing, clashes_of(self._tenant_id, [plan.arrival for plan in clashing]), strict=True):
            plan.decision, plan.claims = hold, False
        self._settle_now(clashing)

    def _settle_one(self, plan: Plan) -> None:
        if isinstance(plan.decision, Refusal):
            self._answers[plan.ordinal] = self._refusal(plan, plan.decision)
            return
        state = self._states[plan.arrival.event_id or ""]
        judgement = judge(state, plan.arrival.payload_hash)
        if judgement.action is GateOutcome.CONFLICT:
            state = self._conflict(plan, state)
        held = judgement.action is not GateOutcome.DUPLICATE
        answer = self._answer(
            plan,
            Result.QUARANTINED if held else Result.DUPLICATE,
            reason=judgement.reason_code or None,
            case=state.open_case if held else None,
            journal=None if held else state.journal_id,
        )
        self._answers[plan.ordinal] = answer
        self._judged.append(self._judged_row(plan, state, judgement, answer))

    def _judged_row(self, plan: Plan, state: KeyState, judgement: Judgement, answer: Answer) -> dict[str, Any]:
        payload = plan.arrival.payload_hash
        is_version = judgement.action is GateOutcome.CONFLICT and payload not in (
            state.first_hash,
            *state.versions,
        )
        if is_version:
            self._states[plan.arrival.event_id or ""] = _with_version(state, payload)
        return {
            "raw": self._raw_id(plan),
            "key": state.key_id,
            "hash": payload,
            "r": answer.result.value,
            "why": answer.reason_code,
            "x": answer.exception_id,
            "j": answer.journal_id,
            "version": is_version,
        }

    def _conflict(self, plan: Plan, state: KeyState) -> KeyState:
        """Joins the key's open case, or opens one."""
        if state.open_case is not None:
            return state
        case_id = str(uuid.uuid4())
        self._cases.append(
            {
                "id": case_id,
                "key": plan.arrival.event_id,
                "raw": self._raw_id(plan),
                "store": (fields_of(plan.arrival).store or "")[:64],
                "reason": "IDEMPOTENCY_CONFLICT",
                "details": {
                    "message": "The same event_id came with another payload.",
                    "payload_hash_first": state.first_hash,
                    "payload_hash": plan.arrival.payload_hash,
                },
                "risk": plan.arrival.at_risk_minor,
                "currency": plan.arrival.currency,
            }
        )
        opened = replace(state, open_case=case_id)
        self._states[plan.arrival.event_id or ""] = opened
        return opened

    def _raw_id(self, plan: Plan) -> int:
        return self._raw_ids[plan.ordinal - 1]

    def _refusal(self, plan: Plan, refusal: Refusal) -> Answer:
        return Answer(
            tenant_id=self._tenant_slug,
            idempotency_key=plan.arrival.event_id,
            raw_id=self._raw_id(plan),
            result=Result.REJECTED,
            reason_code=refusal.code,
            refusal_status=refusal.status,
            detail=refusal.message,
        )

    def _answer(
        self, plan: Plan, result: Result, *, reason: str | None, case: str | None, journal: int | None
    ) -> Answer:
        return Answer(
            tenant_id=self._tenant_slug,
            idempotency_key=plan.arrival.event_id,
            raw_id=self._raw_id(plan),
            result=result,
            exception_id=case,
            reason_code=reason,
            journal_id=journal,
        )


def _with_version(state: KeyState, payload: str) -> KeyState:
    return replace(state, versions={**state.versions, payload: Disposition.HELD})
