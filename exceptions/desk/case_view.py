"""The desk's pages and the till's side: read a case with its versions, and call the use cases that decide it.

The imports of `pos` in this room are the one exception in the layers contract. Pages reach the
till's side through this file alone.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from exceptions.decisions import Decision, InvalidPatch
from exceptions.models import CaseStatus, ExceptionCase
from ledgersafe.values import exact_json
from ledgersafe.values.pretty import body_text, pretty
from pos.arrivals import queries
from pos.arrivals.payloads import payload_value, value_of_text
from pos.arrivals.versions import VersionState, version_states
from pos.decisions import BulkOutcome, Choice, Preview, ResolvedCase, weigh_choices, weigh_decision
from pos.decisions import resolve as replay
from pos.models import EventKey, RawEvent

_MOST_OF_TRANSACTION: Final = 500


@dataclass(frozen=True, slots=True)
class Version:
    """A version on the review page.

    :ivar number: from 1, in order of arrival. :ivar value: the parsed payload; None: unreadable.
    :ivar choice: the effect of choosing it; None: it cannot be chosen, as the result of a patch cannot.
    """

    number: int
    name: str
    raw_id: int
    fingerprint: str
    disposition: str
    in_books: bool
    is_last: bool
    is_patched: bool
    arrival: RawEvent | None
    value: Any
    choice: Choice | None

    @property
    def text(self) -> str:
        """The payload as text, a value per line; an unreadable body as it arrived."""
        if self.value is None and self.arrival is not None:
            return body_text(bytes(self.arrival.raw_body))
        return pretty(self.value)


@dataclass(frozen=True, slots=True)
class Review:
    """A case with its versions. `state` is a hash that changes with every version and every decision."""

    case: ExceptionCase
    key: EventKey | None
    arrival: RawEvent | None
    versions: Sequence[Version]
    state: str


def read_review(case: ExceptionCase, *, now: datetime) -> Review:
    """Read a case with every version of its event and the effect of each on the books. Locks nothing."""
    key = queries.get_key(case.tenant_id, case.idempotency_key)
    states = version_states(key, queries.list_versions(key)) if key else []
    arrivals = queries.list_raw(case.tenant_id, {case.raw_id, *(state.raw_id for state in states)})
    choices = (
        {choice.payload_hash: choice for choice in weigh_choices(case, now=now)}
        if case.status == CaseStatus.OPEN
        else {}
    )
    newest = max((state.raw_id for state in states if state.patched_body is None), default=0)
    versions = [
        Version(
            number=state.number,
            name=_name_of(state, len(states), newest),
            raw_id=state.raw_id,
            fingerprint=state.payload_hash.hex(),
            disposition=state.disposition,
            in_books=state.in_books,
            is_last=state.number > 1 and state.raw_id == newest and state.patched_body is None,
            is_patched=state.patched_body is not None,
            arrival=arrivals.get(state.raw_id),
            value=_value_of(state, arrivals.get(state.raw_id)),
            choice=choices.get(state.payload_hash.hex()),
        )
        for state in states
    ]
    marks = [case.status, *(f"{version.fingerprint}:{version.disposition}" for version in versions)]
    state = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
    return Review(case, key, arrivals.get(case.raw_id), versions, state)


def _name_of(state: VersionState, versions: int, newest: int) -> str:
    """A version's name for people. FIRST and LAST are the contract's words, used from two versions on."""
    if state.patched_body is not None:
        return f"Patched version {state.number}"
    if state.number == 1:
        return "FIRST" if versions > 1 else "As it arrived"
    return "LAST" if state.raw_id == newest else f"Version {state.number}"


def _value_of(state: VersionState, arrival: RawEvent | None) -> Any:
    if state.patched_body is not None:
        return value_of_text(state.patched_body)
    return payload_value(arrival) if arrival is not None else None


def raw_ids_of_transaction(cases: "QuerySet[ExceptionCase]", txn_id: str) -> list[int]:
    """Raw ids of these cases' arrivals with this transaction id, up to `_MOST_OF_TRANSACTION`. One statement.

    A correlated subquery from case to arrival, which the planner cannot turn round: arrivals are far more, and have no
    index by transaction.
    """
    txn_ids = RawEvent.objects.filter(id=OuterRef("raw_id")).values("txn_id")[:1]
    rows = cases.order_by().annotate(txn_id=Subquery(txn_ids)).filter(txn_id=txn_id)
    return list(rows.values_list("raw_id", flat=True)[:_MOST_OF_TRANSACTION])


def describe(raw_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """(transaction id, event type) by raw id, empty where unreadable. One statement."""
    rows = RawEvent.objects.filter(id__in=raw_ids).values_list("id", "txn_id", "event_type")
    return {raw_id: (txn_id or "", event_type or "") for raw_id, txn_id, event_type in rows}


def parse_patch(text: str, *, json_patch: bool) -> dict[str, Any] | list[Any]:
    """Parse a patch typed by a person, with exact numbers.

    :raises InvalidPatch: it is no JSON, not exactly readable, or not of the expected kind.
    """
    try:
        value = exact_json.parse_object(f'{{"patch": {text}\n}}')
    except exact_json.UnreadableBody as error:
        raise InvalidPatch(_about_patch(error)) from None
    patch = value["patch"]
    if len(value) != 1 or not isinstance(patch, list if json_patch else dict):
        kind = "a JSON patch is a list: [ … ]" if json_patch else "a merge patch is an object: { … }"
        raise InvalidPatch(f"This is not one JSON value of the kind chosen; {kind}.")
    return patch


def _about_patch(error: exact_json.UnreadableBody) -> str:
    """Correct the column of an error on the first line: the patch was parsed behind `{"patch": `."""
    message = error.message.replace("The body", "The patch")
    first_line = re.search(r"line 1, column (\d+)", message)
    column = max(1, int(first_line[1]) - len('{"patch": ')) if first_line else 0
    return re.sub(r"line 1, column \d+", f"line 1, column {column}", message)


def weigh(case: ExceptionCase, decision: Decision, *, now: datetime) -> Choice | None:
    """The effect of a decision on the books, as `pos.decisions.weigh.weigh_decision`."""
    return weigh_decision(case, decision, now=now)


def resolve(case: ExceptionCase, decision: Decision, *, actor: str, may_approve: bool, now: datetime) -> ResolvedCase:
    """Decide a case. :raises ledgersafe.values.errors.DomainError: as `pos.decisions.resolve.resolve_case`."""
    caller: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    return replay.resolve_case(tenant_id=case.tenant_id, case_id=case.id, decision=decision, **caller)


def preview(case: ExceptionCase, decision: Decision, *, actor: str, may_approve: bool, now: datetime) -> Preview:
    """Run a decision and roll it back. :raises DomainError: as `pos.decisions.resolve.preview_resolution`."""
    caller: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    return replay.preview_resolution(tenant_id=case.tenant_id, case_id=case.id, decision=decision, **caller)


def resolve_in_bulk(
    cases: Sequence[ExceptionCase], decision: Decision, *, actor: str, may_approve: bool, now: datetime
) -> list[BulkOutcome]:
    """Decide cases of one tenant alike. :raises DomainError: as `pos.decisions.resolve.resolve_in_bulk`."""
    caller: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    ids = [case.id for case in cases]
    return replay.resolve_in_bulk(tenant_id=cases[0].tenant_id, case_ids=ids, decision=decision, **caller)
