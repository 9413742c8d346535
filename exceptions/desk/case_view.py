"""What an operator sees of a case: the one place where held work looks up to the till's side.

The imports below are the explained exception in the layers contract. The pages of the back office reach the till's side
through here alone: what they show, and the use cases their buttons press.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from exceptions.decisions import Decision, InvalidPatch
from exceptions.desk.serializers import case_detail, proposal_item
from exceptions.models import CaseStatus, ExceptionCase
from exceptions.patching import diff
from exceptions.waiting import list_waiting
from ledgersafe.http.api import instant
from ledgersafe.values import exact_json
from ledgersafe.values.pretty import body_text, pretty
from pos.arrivals import queries
from pos.arrivals.payloads import arrival_item, payload_of, payload_value, value_of_text
from pos.arrivals.versions import VersionState, version_states
from pos.decisions import BulkOutcome, Choice, Preview, ResolvedCase, weigh_choices, weigh_decision
from pos.decisions import resolve as replay
from pos.models import EventKey, EventVersion, RawEvent


def show_case(case: ExceptionCase, *, bound_to: str | None = None) -> dict[str, Any]:
    """The case with its arrival, the key's state, every version, what changed from first to last, and proposals.

    Five statements, whatever the number of versions.

    :param bound_to: the store the caller is bound to: payloads another store has sent under the same id stay hidden.
    """
    key = queries.get_key(case.tenant_id, case.idempotency_key)
    versions = queries.list_versions(key) if key else []
    wanted = {case.raw_id} | ({key.first_raw_id, key.last_raw_id} if key else set())
    arrivals = queries.list_raw(case.tenant_id, wanted | {version.first_raw_id for version in versions})
    if bound_to is not None:
        arrivals = {raw_id: row for raw_id, row in arrivals.items() if row.store_code == bound_to}
    first, last = (arrivals.get(key.first_raw_id), arrivals.get(key.last_raw_id)) if key else (None, None)
    return {
        "exception": case_detail(case),
        "raw_event": _raw_event(arrivals.get(case.raw_id)),
        "events_processed": _key_state(case, key) if key else None,
        "first_raw_event": _raw_event(first),
        "last_raw_event": _raw_event(last),
        "versions": _versions(key, versions, arrivals) if key else [],
        "diff": _changes(first, last, versions, arrivals),
        "proposals": [proposal_item(proposal) for proposal in list_waiting([case])],
    }


def _changes(
    first: RawEvent | None, last: RawEvent | None, versions: list[EventVersion], arrivals: dict[int, RawEvent]
) -> list[dict[str, Any]]:
    """From the first payload to the last one that differs: the last arrival may have been a retry of the first."""
    if first is None or last is None:
        return []
    if versions and bytes(last.payload_sha256 or b"") == bytes(first.payload_sha256 or b""):
        last = arrivals.get(versions[-1].first_raw_id, last)
    return diff(payload_value(first), payload_value(last))


def _raw_event(row: RawEvent | None) -> dict[str, Any] | None:
    return arrival_item(row) | {"payload_json": payload_of(row)} if row else None


def _key_state(case: ExceptionCase, key: EventKey) -> dict[str, Any]:
    return {
        "tenant_id": case.tenant.slug,
        "idempotency_key": key.idempotency_key,
        "status": key.status,
        "first_raw_id": key.first_raw_id,
        "last_raw_id": key.last_raw_id,
        "first_seen_at": instant(key.first_seen_at),
        "last_seen_at": instant(key.last_seen_at),
        "processed_at": instant(key.processed_at),
        "payload_hash_first": bytes(key.payload_hash_first).hex(),
        "payload_hash_last": bytes(key.payload_hash_last).hex(),
        "last_error_code": key.last_error_code or None,
        "last_exception_id": str(key.last_exception_id) if key.last_exception_id else None,
        "arrivals": key.arrivals,
        "journal_id": key.journal_id,
    }


def _versions(key: EventKey, rest: list[EventVersion], arrivals: dict[int, RawEvent]) -> list[dict[str, Any]]:
    """Every payload of the key, the first one first, each with what was decided on it."""
    first_hash = bytes(key.payload_hash_first)
    effective = bytes(key.effective_hash) if key.effective_hash else None
    decided = {bytes(version.payload_hash): version.disposition for version in rest}
    of_first = decided.get(first_hash) or ("effective" if effective == first_hash else "held")
    rows = [(first_hash, key.first_raw_id, of_first)]
    rows += [
        (bytes(v.payload_hash), v.first_raw_id, v.disposition) for v in rest if bytes(v.payload_hash) != first_hash
    ]
    return [
        {
            "payload_hash": payload_hash.hex(),
            "first_raw_id": raw_id,
            "disposition": disposition,
            "payload_json": payload_of(arrivals[raw_id]) if raw_id in arrivals else None,
        }
        for payload_hash, raw_id, disposition in rows
    ]


# ── The back office's pages ─────────────────────────────────────────────────────────────────────
_MOST_OF_TRANSACTION: Final = 500


@dataclass(frozen=True, slots=True)
class Version:
    """One version as the review page shows it: its payload, and what choosing it would do.

    `value` is None for a payload nobody can read. A version that an operator made by a patch cannot be chosen.
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
        """Its payload, one value a line."""
        if self.value is None and self.arrival is not None:
            return body_text(bytes(self.arrival.raw_body))
        return pretty(self.value)


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the review page is made of. `state` changes with every version and every decision."""

    case: ExceptionCase
    key: EventKey | None
    arrival: RawEvent | None
    versions: Sequence[Version]
    state: str


def read_review(case: ExceptionCase, *, now: datetime) -> Review:
    """A case with all versions of its event, and what each would do to the books. Nothing is locked."""
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
    seen = [case.status, *(f"{version.fingerprint}:{version.disposition}" for version in versions)]
    state = hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]
    return Review(case, key, arrivals.get(case.raw_id), versions, state)


def _name_of(state: VersionState, versions: int, newest: int) -> str:
    """As the operator speaks of it. FIRST and LAST are the contract's words; of one version neither helps."""
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
    """Arrivals of these cases whose transaction has this id, up to `_MOST_OF_TRANSACTION`. One statement.

    From each case to its arrival: a correlated subquery, which no planner turns round. The arrivals are many more, and
    have no index by transaction.
    """
    txn_ids = RawEvent.objects.filter(id=OuterRef("raw_id")).values("txn_id")[:1]
    found = cases.order_by().annotate(txn_id=Subquery(txn_ids)).filter(txn_id=txn_id)
    return list(found.values_list("raw_id", flat=True)[:_MOST_OF_TRANSACTION])


def describe(raw_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Transaction id and event type by raw id, empty where unreadable. One statement."""
    rows = RawEvent.objects.filter(id__in=raw_ids).values_list("id", "txn_id", "event_type")
    return {raw_id: (txn_id or "", event_type or "") for raw_id, txn_id, event_type in rows}


def parse_patch(text: str, *, json_patch: bool) -> dict[str, Any] | list[Any]:
    """What was typed as a patch, with every number exact.

    :raises InvalidPatch: it is no JSON, not exactly readable, or not of the kind it should be.
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
    """Its columns on the first line are twelve off: the patch is read as a member of an object."""
    message = error.message.replace("The body", "The patch")
    first_line = re.search(r"line 1, column (\d+)", message)
    column = max(1, int(first_line[1]) - len('{"patch": ')) if first_line else 0
    return re.sub(r"line 1, column \d+", f"line 1, column {column}", message)


def weigh(case: ExceptionCase, decision: Decision, *, now: datetime) -> Choice | None:
    """As `pos.decisions.weigh.weigh_decision`."""
    return weigh_decision(case, decision, now=now)


def resolve(case: ExceptionCase, decision: Decision, *, actor: str, may_approve: bool, now: datetime) -> ResolvedCase:
    """:raises ledgersafe.values.errors.DomainError: as `pos.decisions.resolve.resolve_case`."""
    how: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    return replay.resolve_case(tenant_id=case.tenant_id, case_id=case.id, decision=decision, **how)


def preview(case: ExceptionCase, decision: Decision, *, actor: str, may_approve: bool, now: datetime) -> Preview:
    """:raises ledgersafe.values.errors.DomainError: as `pos.decisions.resolve.preview_resolution`."""
    how: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    return replay.preview_resolution(tenant_id=case.tenant_id, case_id=case.id, decision=decision, **how)


def resolve_in_bulk(
    cases: Sequence[ExceptionCase], decision: Decision, *, actor: str, may_approve: bool, now: datetime
) -> list[BulkOutcome]:
    """Cases of one tenant. :raises ledgersafe.values.errors.DomainError: as `pos.decisions.resolve.resolve_in_bulk`."""
    how: dict[str, Any] = {"actor": actor, "may_approve": may_approve, "now": now}
    ids = [case.id for case in cases]
    return replay.resolve_in_bulk(tenant_id=cases[0].tenant_id, case_ids=ids, decision=decision, **how)
