"""Write plans to Postgres, and read what became of each.

One event alone takes one call, which is its own transaction. Batches travel in columns; a batch that Postgres refused
so is written row by row, where each event has a savepoint and Postgres finds the one to blame.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import Error as DatabaseError

from ledger.accounts import AccountRef
from ledgersafe.postgres import arrays
from ledgersafe.postgres.db import JsonText, as_jsonb, call, call_alone, is_unavailable, sqlstate
from ledgersafe.tenants.principals import KeyPrincipal
from pos.intake import rows
from pos.intake.columns import TAKES_A_KEY, Columns, columns_of
from pos.intake.patience import MAY_BE_STALE, refuse_stale
from pos.intake.plan import Plan

AccountIds = Mapping[AccountRef, int]

logger = logging.getLogger(__name__)


class NewKey(NamedTuple):
    """A plan whose key was new: posted as `journal_id`, or held as `case_id` for the reason code `why`."""

    plan: Plan
    key_id: int
    is_held: bool
    why: str | None
    case_id: str | None
    journal_id: int | None


@dataclass(slots=True)
class WriteResult:
    """The answer to one call.

    :ivar new_keys: plans whose key was taken.
    :ivar known: states of the keys that existed, as rows of JSON.
    :ivar clashing: ordinals of new keys whose claims belong to another key; nothing was written of them.
    :ivar is_awaited: a held event waits for one that was posted.
    """

    new_keys: list[NewKey]
    known: list[dict[str, Any]] = field(default_factory=list)
    clashing: set[int] = field(default_factory=set)
    is_awaited: bool = False


def result_from_rows(plans: Iterable[Plan], answer: Mapping[str, Any]) -> WriteResult:
    """Read the answer of `pos_receive_v2`, `pos_settle_v1` or `pos_receive_alone_v1`."""
    by_ordinal = {plan.ordinal: plan for plan in plans}
    new_keys = [
        NewKey(by_ordinal[row["o"]], row["key"], row["r"] == "quarantined", row.get("why"), row.get("x"), row.get("j"))
        for row in answer["fresh"]
    ]
    return WriteResult(new_keys, answer["known"], set(answer["clash"]), bool(answer.get("awaited")))


def result_from_columns(
    plans: Sequence[Plan], columns: Columns, raw_ids: list[int], answer: Mapping[str, Any]
) -> WriteResult:
    """Read the answer of `pos_receive_many_v1` or `pos_take_many_v1`: by the raw ids of the plans, in their order."""
    key_ids = dict(zip(answer["taken"], answer["keys"], strict=True))
    journals: list[int | None] = answer["journals"]
    result = WriteResult([], answer["known"], set(), answer["awaited"])
    known = {row["k"] for row in result.known}
    for plan, (action, why, case, draft), raw_id in zip(plans, columns.actions, raw_ids, strict=True):
        if action not in TAKES_A_KEY:
            continue
        key_id = key_ids.get(raw_id)
        if key_id is not None:
            journal_id = journals[draft - 1] if draft else None
            case_id = None if case is None else str(case)
            result.new_keys.append(NewKey(plan, key_id, action == "hold", why, case_id, journal_id))
        elif plan.arrival.event_id not in known:
            result.clashing.add(plan.ordinal)
    return result


class Writer:
    """The calls of one reception.

    :param context: what all arrivals have in common.
    :param row_by_row: Postgres has refused the arrivals in columns.
    :ivar raw_ids: of the arrivals, in their order, once they are received.
    """

    def __init__(self, principal: KeyPrincipal, context: JsonText, *, row_by_row: bool) -> None:
        self._principal, self._context, self._row_by_row = principal, context, row_by_row
        self.raw_ids: list[int] = []

    def receive_alone(self, plan: Plan, account_ids: AccountIds) -> WriteResult | None:
        """Keep one arrival and take its key in one round trip: the call is the transaction, the answer its commit.

        :returns: None when it takes more than one call; then nothing was written.
        :raises ledgersafe.postgres.db.StaleMemory: memory of the tenant is out of date.
        :raises django.db.Error: Postgres refused it for a reason a second attempt may remove.
        """
        row, lines = as_jsonb(rows.row_of(plan)), as_jsonb(rows.lines_of([plan], account_ids))
        start = (self._principal.tenant_id, self._principal.api_key_id, self._context)
        try:
            answer = call_alone("pos_receive_alone_v1", *start, row, lines, plan.arrival.body)
        except DatabaseError as error:
            if is_unavailable(error) or sqlstate(error) in MAY_BE_STALE:
                raise
            # Whatever it is: in a transaction the event is held, if the event is to blame.
            logger.warning("Event %s goes the long way: SQLSTATE %s", plan.arrival.event_id, sqlstate(error))
            return None
        if answer.get("stale"):
            refuse_stale(self._principal)
        if answer.get("again"):
            return None
        self.raw_ids = answer["raw"]
        return result_from_rows([plan], answer)

    def receive(self, plans: Sequence[Plan], account_ids: AccountIds) -> WriteResult:
        """Keep all arrivals, and take the keys of those that need not wait; operation. One statement.

        :raises ledgersafe.postgres.db.StaleMemory: memory of the tenant is out of date.
        """
        bodies = [plan.arrival.body for plan in plans]
        start = (self._principal.tenant_id, self._principal.api_key_id, self._context)
        if self._row_by_row:
            answer = call("pos_receive_v2", *start, *_rows_and_lines(plans, account_ids), bodies)
            self._note(answer)
            return result_from_rows(plans, answer)
        columns = columns_of(plans, account_ids)
        answer = call("pos_receive_many_v1", *start, bodies, *columns.captured, *columns.settled)
        self._note(answer)
        return result_from_columns(plans, columns, self.raw_ids, answer)

    def take_keys(self, plans: Iterable[Plan], account_ids: AccountIds) -> WriteResult:
        """Take the keys of arrivals that were received before and had to wait; operation. One statement."""
        # Both functions walk arrivals in the order of their raw ids, as keys are locked in.
        plans = sorted(plans, key=lambda plan: plan.ordinal)
        start = (self._principal.tenant_id, self._context)
        if self._row_by_row:
            answer = call("pos_settle_v1", *start, *_rows_and_lines(plans, account_ids), self.raw_ids)
            return result_from_rows(plans, answer)
        columns = columns_of(plans, account_ids)
        raw_ids = [self.raw_ids[plan.ordinal - 1] for plan in plans]
        answer = call("pos_take_many_v1", *start, arrays.numbers(raw_ids), *columns.settled)
        return result_from_columns(plans, columns, raw_ids, answer)

    def _note(self, answer: Mapping[str, Any]) -> None:
        if answer.get("stale"):
            refuse_stale(self._principal)
        self.raw_ids = answer["raw"]


def _rows_and_lines(plans: Sequence[Plan], account_ids: AccountIds) -> tuple[JsonText, JsonText]:
    return as_jsonb(rows.rows_of(plans)), as_jsonb(rows.lines_of(plans, account_ids))
