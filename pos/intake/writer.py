"""How plans are told to Postgres, inside one transaction, and what it tells of them.

In columns, as a rule. What was refused so goes row by row, where Postgres finds out which event it was about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.accounts.chart import AccountRef
from ledgersafe.postgres import arrays
from ledgersafe.postgres.db import JsonText, as_jsonb, call
from ledgersafe.tenants.principals import KeyPrincipal
from pos.intake import plan as planning
from pos.intake.columns import TAKES_A_KEY, Columns, columns_of
from pos.intake.plan import Plan

AccountIds = Mapping[AccountRef, int]


class NewKey(NamedTuple):
    """A plan whose key was new, and what became of it."""

    plan: Plan
    key_id: int
    is_held: bool
    why: str | None
    case_id: str | None
    journal_id: int | None


@dataclass(slots=True)
class WriteResult:
    """What was new, the state of the keys that were not, and ordinals of new keys whose claims are another key's."""

    new_keys: list[NewKey]
    known: list[dict[str, Any]] = field(default_factory=list)
    clashing: set[int] = field(default_factory=set)
    is_awaited: bool = False


def result_from_rows(plans: Iterable[Plan], answer: Mapping[str, Any]) -> WriteResult:
    """As `pos_settle_v1` and `pos_receive_alone_v1` answer."""
    by_ordinal = {plan.ordinal: plan for plan in plans}
    fresh = [
        NewKey(by_ordinal[row["o"]], row["key"], row["r"] == "quarantined", row.get("why"), row.get("x"), row.get("j"))
        for row in answer["fresh"]
    ]
    return WriteResult(fresh, answer["known"], set(answer["clash"]), bool(answer.get("awaited")))


def result_from_columns(
    plans: Sequence[Plan], columns: Columns, raw_ids: list[int], answer: Mapping[str, Any]
) -> WriteResult:
    """As `pos_take_many_v1` answers."""
    key_ids = dict(zip(answer["taken"], answer["keys"], strict=True))
    journals: list[int | None] = answer["journals"]
    told = WriteResult([], answer["known"], set(), answer["awaited"])
    known = {row["k"] for row in told.known}
    for plan, (does, why, case, draft), raw_id in zip(plans, columns.actions, raw_ids, strict=True):
        if does not in TAKES_A_KEY:
            continue
        key_id = key_ids.get(raw_id)
        if key_id is not None:
            journal_id = journals[draft - 1] if draft else None
            told.new_keys.append(
                NewKey(plan, key_id, does == "hold", why, None if case is None else str(case), journal_id)
            )
        elif plan.arrival.event_id not in known:
            told.clashing.add(plan.ordinal)
    return told


class Writer:
    """One reception's way into the database; lives inside the use case's transaction.

    :param context: what all arrivals have in common. :param row_by_row: they were refused in columns.
    :ivar raw_ids: of the arrivals, in their order, once they are received.
    """

    def __init__(self, principal: KeyPrincipal, context: JsonText, *, row_by_row: bool) -> None:
        self._principal, self._context, self._row_by_row = principal, context, row_by_row
        self.raw_ids: list[int] = []

    def receive(self, plans: Sequence[Plan], account_ids: AccountIds) -> WriteResult | None:
        """Keep all arrivals, and settle those that need not wait. None: what was remembered of the tenant is stale."""
        bodies = [plan.arrival.body for plan in plans]
        start = (self._principal.tenant_id, self._principal.api_key_id, self._context)
        if self._row_by_row:
            answer = call("pos_receive_v2", *start, *_rows_of(plans, account_ids), bodies)
            if answer.get("stale"):
                return None
            self.raw_ids = answer["raw"]
            return result_from_rows(plans, answer)
        columns = columns_of(plans, account_ids)
        answer = call("pos_receive_many_v1", *start, bodies, *columns.captured, *columns.settled)
        if answer.get("stale"):
            return None
        self.raw_ids = answer["raw"]
        return result_from_columns(plans, columns, self.raw_ids, answer)

    def settle(self, plans: Iterable[Plan], account_ids: AccountIds) -> WriteResult:
        """Settle arrivals that were received before and had to wait. One statement."""
        plans = sorted(plans, key=lambda plan: plan.ordinal)  # the function walks them in the order of their raw ids
        start = (self._principal.tenant_id, self._context)
        if self._row_by_row:
            rows, lines = _rows_of(plans, account_ids)
            return result_from_rows(plans, call("pos_settle_v1", *start, rows, lines, self.raw_ids))
        columns = columns_of(plans, account_ids)
        raw_ids = [self.raw_ids[plan.ordinal - 1] for plan in plans]
        answer = call("pos_take_many_v1", *start, arrays.numbers(raw_ids), *columns.settled)
        return result_from_columns(plans, columns, raw_ids, answer)


def _rows_of(plans: Sequence[Plan], account_ids: AccountIds) -> tuple[JsonText, JsonText]:
    return as_jsonb(planning.rows_of(plans)), as_jsonb(planning.lines_of(plans, account_ids))
