"""Refuse cases before they are posted: other stores, source ids of other events, stores the tenant does not know."""

from collections.abc import Sequence

from ledgersafe.values.errors import DomainError
from pos.contract import Hold
from pos.decisions import held_cases
from pos.decisions.ruling import refusal_of
from pos.decisions.writing import CaseRun
from pos.models import EventKey
from pos.posting import KnownRows, TenantMemory, prerequisites


class OfAnotherStore(DomainError):
    """Another store has sent a version of this event, too: it is not for a key of one store to decide."""

    code = "STORE_MISMATCH"
    http_status = 403


def refuse_other_stores(tenant_id: int, runs: Sequence[CaseRun], bound_to: str | None) -> None:
    """Refuse events with an arrival from a store other than the caller's; operation.

    Two stores may send the same event id, and one decision then concerns both. The keys are locked, so no arrival of
    another store can join between this check and the commit.

    :param bound_to: the store the caller is bound to; None checks nothing.
    """
    if bound_to is None:
        return
    raw_ids = {raw_id for run in runs for raw_id in run.held_case.known.values()}
    foreign = held_cases.arrivals_of_other_stores(tenant_id, raw_ids, bound_to)
    for run in runs:
        if run.held_case.case.store_code != bound_to or foreign & set(run.held_case.known.values()):
            run.refusal = OfAnotherStore()


def refuse_taken_sources(tenant_id: int, runs: Sequence[CaseRun]) -> None:
    """Refuse versions that claim the source event id of another key: the same event under another id."""
    claims = {source: run for run in reversed(runs) if (source := new_source(run)) is not None}
    if not claims:
        return
    owners = EventKey.objects.filter(
        tenant_id=tenant_id,
        source_system__in={system for system, _ in claims},
        source_event_id__in={source_id for _, source_id in claims},
    )
    taken = set(owners.values_list("source_system", "source_event_id"))
    for run in runs:
        source = new_source(run)
        if source is not None and (source in taken or claims[source] is not run):
            message = f"source_event_id {source[1]!r} belongs to another event_id."
            run.refuse(refusal_of(Hold("DUPLICATE_SOURCE_EVENT_ID", message)))


def refuse_unknown_places(runs: Sequence[CaseRun], memory: TenantMemory) -> None:
    """Register unknown stores and registers, or refuse them if the tenant is strict, as ingest does."""
    places = {place for run in runs for place in _places(run)}
    known = KnownRows()
    prerequisites.find(memory, known, places)
    if known.places != places and memory.strict_stores:
        for run in runs:
            if missing := [place for place in _places(run) if place not in known.places]:
                name = "/".join(part for part in missing[0] if part)
                run.refuse(refusal_of(Hold("UNKNOWN_STORE", f"The tenant has no store or register {name!r}.")))
    elif known.places != places:
        prerequisites.register_places(memory, places - known.places)


def new_source(run: CaseRun) -> tuple[str, str] | None:
    """Return the (source system, source event id) that the posted version claims and its key does not own yet."""
    post = run.ruling.post if run.ruling else None
    if post is None or post.event.source_event_id in {None, run.held_case.key.source_event_id}:
        return None
    return run.held_case.key.source_system, str(post.event.source_event_id)


def _places(run: CaseRun) -> list[tuple[str, str | None]]:
    if run.ruling is None or run.ruling.post is None:
        return []
    event = run.ruling.post.event
    store: list[tuple[str, str | None]] = [(event.store_code, None)]
    return store if event.register_code is None else [*store, (event.store_code, event.register_code)]
