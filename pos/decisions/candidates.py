"""Read the version of an event that a decision names, as a candidate for the books. Pure, but for `originals_of`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exceptions.decisions import FIRST, LAST, Decision, InvalidCanonicalRawId, InvalidPatch
from exceptions.patching import patched
from ledgersafe.values import exact_json
from pos.arrivals import Arrival, Refusal, device_clock, read_arrival
from pos.contract import Event, Hold, PanDetected
from pos.decisions.held_cases import HeldCase
from pos.models import RawEvent
from pos.references.lookup import Originals
from pos.rules import refers


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that may become effective: the payload of an arrival, as received or patched."""

    raw_id: int
    payload_hash: bytes
    #: Canonical JSON, when no arrival has this payload.
    patched_body: str | None
    payload: Mapping[str, Any]
    reading: Event | Hold
    #: The patch changed the business date: the rules then check it as an operator's word, not a till's.
    dated: bool = False
    #: Fingerprint of the version that was patched; None when none was.
    made_from: bytes | None = None


def meant_raw_id(held_case: HeldCase, decision: Decision) -> int:
    """Return the raw id of the arrival a decision names; by default, the one the case was opened for.

    LAST means the newest version other than the first: the last arrival itself may be a retry of the first.

    :raises InvalidCanonicalRawId: `canonical` and `canonical_raw_id` name different arrivals.
    """
    first = held_case.key.first_raw_id
    newest = max((raw_id for raw_id in held_case.known.values() if raw_id != first), default=first)
    named = {FIRST: first, LAST: newest}.get(decision.canonical or "")
    if named is not None and decision.canonical_raw_id not in {None, named}:
        raise InvalidCanonicalRawId(f"canonical {decision.canonical} is arrival {named}, not another one.")
    return named or decision.canonical_raw_id or held_case.case.raw_id


def read_candidate(held_case: HeldCase, raw: RawEvent | None, decision: Decision, *, base_currency: str) -> Candidate:
    """Read the arrival a decision names, and apply its patch, if any.

    :param raw: the arrival `meant_raw_id` named, or None if the tenant has no such row.
    :raises DomainError: InvalidCanonicalRawId, InvalidPatch, PatchProtectedField, PanDetected.
    """
    known = held_case.known
    raw_hash = bytes(raw.payload_sha256) if raw is not None and raw.payload_sha256 else None
    if raw is None or raw.event_id != held_case.key.idempotency_key or raw_hash not in known:
        raise InvalidCanonicalRawId
    arrival = read_arrival(bytes(raw.raw_body), base_currency=base_currency)
    dated = False
    if decision.patch:
        before = arrival.payload.get("business_date")
        arrival = _patched(arrival, decision, base_currency)
        dated = arrival.payload.get("business_date") != before
    payload_hash = bytes.fromhex(arrival.payload_hash)
    if not isinstance(arrival.reading, Event | Hold):
        raise InvalidPatch(arrival.reading.message)
    return Candidate(
        raw_id=known.get(payload_hash, raw.id),
        payload_hash=payload_hash,
        patched_body=None if payload_hash in known else arrival.body.decode(),
        payload=arrival.payload,
        reading=arrival.reading,
        dated=dated,
        made_from=raw_hash if decision.patch else None,
    )


def as_it_happened(candidate: Candidate, raw: RawEvent | None) -> Candidate:
    """Replace the claimed instant by the one corrected on arrival.

    :param raw: the arrival that `candidate.raw_id` names; None leaves the candidate as it is.
    """
    if raw is None or not isinstance(candidate.reading, Event):
        return candidate
    event = device_clock.as_kept(candidate.reading, raw.occurred_at, raw.corrected_at)
    return replace(candidate, reading=event)


def _patched(arrival: Arrival, decision: Decision, base_currency: str) -> Arrival:
    """Parse the patched payload from bytes, so that it passes every check of an arrival.

    :raises InvalidPatch: the result cannot be encoded or read. :raises PanDetected: it holds a card number.
    """
    assert decision.patch is not None  # noqa: S101  the caller checked
    try:
        body = exact_json.canonical_text(patched(arrival.payload, decision.patch)).encode()
    except (RecursionError, UnicodeEncodeError):
        raise InvalidPatch("The patched event is nested too deep, or holds half a character.") from None
    again = read_arrival(body, base_currency=base_currency)
    if isinstance(again.reading, Refusal):
        if again.reading.code == "PAN_DETECTED":
            raise PanDetected
        raise InvalidPatch(again.reading.message)
    return again


def originals_of(
    held_cases: Collection[HeldCase], candidates: Iterable[Candidate | None], base_currency: str, *, lock: bool
) -> Originals | None:
    """Look up the events the candidates refer to, and the usage of the posted events themselves.

    :param lock: hold their keys until commit; False only for display.
    :returns: None when no candidate refers to another event and no event is posted.
    """
    events = [
        candidate.reading
        for candidate in candidates
        if candidate is not None and isinstance(candidate.reading, Event) and refers(candidate.reading)
    ]
    posted = {held_case.key.idempotency_key for held_case in held_cases if held_case.key.journal_id is not None}
    if not events and not posted:
        return None
    tenant_id = next(held_case.key.tenant_id for held_case in held_cases)
    return Originals(tenant_id, events, also=posted, base_currency=base_currency, lock=lock)
