"""Judge what Postgres answered for a set of arrivals, and write the judgements: the second half of a reception."""

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from ledgersafe.postgres.db import JsonText, as_jsonb, call
from ledgersafe.tenants.principals import Principal
from pos.arrivals import Refusal, clashes_of, fields_of
from pos.intake.answer import Answer
from pos.intake.gate import GateOutcome, Judgement, KeyState, judge
from pos.intake.levels import next_level
from pos.intake.plan import Plan
from pos.intake.writer import AccountIds, NewKey, Writer, WriteResult
from pos.models import Disposition, KeyStatus, Result

#: Decides plans about other events and adds the accounts they need; returns those it could decide.
DecideLevel = Callable[[list[Plan]], list[Plan]]

logger = logging.getLogger(__name__)


class Reception:
    """A reception between its first statement and the commit.

    :param account_ids: of all accounts the plans post to; `decide_level` adds to it.
    :param decide_level: None where no plan is about another event.
    :ivar is_awaited: a held event waits for one that was posted.
    """

    def __init__(
        self,
        principal: Principal,
        plans: Sequence[Plan],
        account_ids: AccountIds,
        writer: Writer,
        decide_level: DecideLevel | None = None,
    ) -> None:
        self._tenant_id = principal.tenant_id
        self._tenant_slug = principal.tenant_slug
        self._plans = plans
        self._account_ids = account_ids
        self._writer = writer
        self._decide_level = decide_level
        self.is_awaited = False
        self._answers: dict[int, Answer] = {}
        self._states: dict[str, KeyState] = {}
        self._followed: set[str | None] = set()
        self._judged: list[dict[str, Any]] = []
        self._cases: list[dict[str, Any]] = []

    def judge(self, result: WriteResult, context: JsonText) -> None:
        """Take in the new keys, write what had to wait, hold what clashes, judge the rest by the gate.

        One statement more for each of these that there is anything of, whatever its size. Only the first result of a
        single event needs no transaction: nothing else is written of it.
        """
        # The state of a new key matters only where the request has the key once more.
        self._followed = {plan.arrival.event_id for plan in self._plans if plan.follows}
        clashing = self._take_in(result)
        if waiting := [plan for plan in self._plans if plan.waits and not plan.refers]:
            clashing |= self._write(waiting)
        clashing |= self._write_levels()
        if clashing:
            self._hold_clashes(clashing)
        for plan in self._plans:
            if plan.ordinal not in self._answers:
                self._judge_one(plan)
        if self._judged:
            call("pos_apply_v1", self._tenant_id, context, as_jsonb(self._judged), as_jsonb(self._cases))

    def answers(self) -> list[Answer]:
        """Return the outcomes, in the order of the arrivals."""
        return [self._answers[plan.ordinal] for plan in self._plans]

    # ── Writing what came later ─────────────────────────────────────────────────────────────────
    def _write(self, plans: Sequence[Plan]) -> set[int]:
        for plan in plans:
            plan.release()
        return self._take_in(self._writer.take_keys(plans, self._account_ids))

    def _write_levels(self) -> set[int]:
        """Write what is about other events, level by level; each level decides at least one plan."""
        clashing: set[int] = set()
        while pending := [plan for plan in self._plans if plan.refers and not plan.follows]:
            assert self._decide_level is not None  # noqa: S101  plans about other events need a transaction
            clashing |= self._write(self._decide_level(next_level(pending)))
        return clashing

    def _hold_clashes(self, ordinals: set[int]) -> None:
        """Hold new keys whose source event id, or device's number, belongs to another key; they claim nothing."""
        clashing = [plan for plan in self._plans if plan.ordinal in ordinals]
        for plan, hold in zip(clashing, clashes_of(self._tenant_id, [plan.arrival for plan in clashing]), strict=True):
            plan.hold_without_claims(hold)
        self._write(clashing)

    # ── Taking in ───────────────────────────────────────────────────────────────────────────────
    def _take_in(self, result: WriteResult) -> set[int]:
        """Note answers and key states. :returns: ordinals of new keys whose claims are another key's."""
        self.is_awaited |= result.is_awaited
        for new_key in result.new_keys:
            self._take_in_new(new_key)
        for row in result.known:
            self._states[row["k"]] = KeyState(
                key_id=row["id"],
                status=KeyStatus(row["status"]),
                first_hash=row["first"],
                effective_hash=row["effective"],
                journal_id=row["journal"],
                open_case=row["case"],
                versions={payload: Disposition(value) for payload, value in row["versions"].items()},
            )
        return result.clashing

    def _take_in_new(self, new_key: NewKey) -> None:
        plan, arrival = new_key.plan, new_key.plan.arrival
        if new_key.why == "PROCESSING_FAILED":
            logger.warning("Event %s could not be processed; held as %s", arrival.event_id, new_key.case_id)
        self._answers[plan.ordinal] = self._answer(
            plan,
            Result.QUARANTINED if new_key.is_held else Result.PROCESSED,
            reason=new_key.why,
            case=new_key.case_id,
            journal=new_key.journal_id,
        )
        if arrival.event_id in self._followed:
            self._states[arrival.event_id or ""] = KeyState(
                key_id=new_key.key_id,
                status=KeyStatus.QUARANTINED if new_key.is_held else KeyStatus.PROCESSED,
                first_hash=arrival.payload_hash,
                effective_hash=None if new_key.is_held else arrival.payload_hash,
                journal_id=new_key.journal_id,
                open_case=new_key.case_id,
                versions={},
            )

    # ── Judging ─────────────────────────────────────────────────────────────────────────────────
    def _judge_one(self, plan: Plan) -> None:
        if isinstance(plan.decision, Refusal):
            self._answers[plan.ordinal] = self._refusal(plan, plan.decision)
            return
        state = self._states[plan.arrival.event_id or ""]
        judgement = judge(state, plan.arrival.payload_hash)
        if judgement.action is GateOutcome.CONFLICT:
            state = self._with_open_case(plan, state)
        is_held = judgement.action is not GateOutcome.DUPLICATE
        answer = self._answer(
            plan,
            Result.QUARANTINED if is_held else Result.DUPLICATE,
            reason=judgement.reason_code or None,
            case=state.open_case if is_held else None,
            journal=None if is_held else state.journal_id,
        )
        self._answers[plan.ordinal] = answer
        self._judged.append(self._judged_row(plan, state, judgement, answer))

    def _judged_row(self, plan: Plan, state: KeyState, judgement: Judgement, answer: Answer) -> dict[str, Any]:
        """Encode a judgement as `pos_apply_v1` reads it; a payload seen first now is a new version of the key."""
        payload = plan.arrival.payload_hash
        is_version = judgement.action is GateOutcome.CONFLICT and payload not in (state.first_hash, *state.versions)
        if is_version:
            versions = {**state.versions, payload: Disposition.HELD}
            self._states[plan.arrival.event_id or ""] = replace(state, versions=versions)
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

    def _with_open_case(self, plan: Plan, state: KeyState) -> KeyState:
        """Have the conflict join the key's open case, or open one."""
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

    # ── Answering ───────────────────────────────────────────────────────────────────────────────
    def _raw_id(self, plan: Plan) -> int:
        return self._writer.raw_ids[plan.ordinal - 1]

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
