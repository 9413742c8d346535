"""Use cases of the till's side: receive one event, or a batch. One transaction and one commit each.

Everything that needs no database happens first (`bronze`, `contract`, `rules`). Then one call of
`pos_receive_alone_v1` keeps an arrival, takes its key and posts or holds, when everything it needs is remembered and
its key is new: the call is the transaction, and the one round trip. Everything else, and whatever is about another
event, goes the long way: begin, `pos_receive_many_v1`, commit, and one more, `pos_apply_v1`, for what the gate has
judged because its key existed; the same for a batch of any size. What Postgres refused so is told again row by row
(`pos_receive_v2`), where the event that is to blame is held and its neighbours are not.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from django.db import Error as DatabaseError
from django.utils import timezone

from ledger.accounts import opening
from ledger.accounts.chart import AccountRef
from ledger.fx import kept_conversions
from ledger.periods import periods
from ledgersafe.postgres.db import (
    RETRYABLE,
    JsonText,
    StaleMemory,
    as_jsonb,
    call_alone,
    constraint_of,
    is_unavailable,
    retry_serialization,
    sqlstate,
    tenant_transaction,
)
from ledgersafe.telemetry import metrics
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.tenants import authentication
from ledgersafe.tenants.principals import KeyPrincipal
from pos.arrivals import device_clock
from pos.arrivals.arrival import Arrival, Refusal, kept_headers, read_arrival, refused
from pos.decisions import release
from pos.intake import levels, near_duplicates
from pos.intake import plan as planning
from pos.intake.answer import Answer
from pos.intake.plan import Plan, Prerequisites
from pos.intake.reception import Reception
from pos.intake.writer import Writer, result_from_rows
from pos.models import Result
from pos.posting import tenant_memory as directories
from pos.posting.foreign_rates import rates_for
from pos.posting.tenant_memory import KnownRows, TenantMemory
from pos.rules.decide import Post

logger = logging.getLogger(__name__)

#: What an event was to the books: a journal, one that stands already, or one that could not be written.
_LEDGER_RESULTS = {Result.PROCESSED: "ok", Result.DUPLICATE: "duplicate", Result.QUARANTINED: "fail"}
#: What the long way would meet as well, or could not tell from the event's doing: first the memory is renewed.
_AGAIN = RETRYABLE | {"23514"}
#: So many refusals of a key or a day are put down to an out-of-date memory; after them the event itself is meant.
_REFUSALS_FORGIVEN = 2


def receive_event(*, principal: KeyPrincipal, body: bytes, headers: Mapping[str, Any], now: datetime) -> Answer:
    """Keep one arrival and post, hold or recognise it.

    :param body: the request's bytes, at most `settings.MAX_EVENT_BYTES`.
    :param headers: the request's, as a WSGI environment has them.
    :param now: the instant it was received.
    :raises ledgersafe.tenants.authentication.CredentialRevoked: the key was revoked or expired meanwhile; nothing was
        kept.
    :raises ledgersafe.values.errors.Unavailable: the database cannot be reached; nothing was kept.
    """
    return _receive(principal, [body], headers, now)[0]


def receive_batch(
    *, principal: KeyPrincipal, bodies: Sequence[bytes], headers: Mapping[str, Any], now: datetime
) -> list[Answer]:
    """Keep up to `settings.MAX_BATCH_EVENTS` arrivals, an outcome each, in order; one never fails its neighbours.

    Raises as `receive_event` does, and then nothing of the batch was kept.
    """
    if not bodies:
        authentication.ensure_live(principal)  # what is not stored is not checked by the storing statement either
        return []
    return _receive(principal, bodies, headers, now)


def keep_refused(
    *, principal: KeyPrincipal, body: bytes, refusal: Refusal, headers: Mapping[str, Any], now: datetime
) -> Answer:
    """Keep an arrival that is refused as a whole before it is read (wrong media type, a batch that is no list)."""
    return _store(principal, [refused(body, refusal)], headers, now)[0]


def _receive(
    principal: KeyPrincipal, bodies: Sequence[bytes], headers: Mapping[str, Any], now: datetime
) -> list[Answer]:
    started = time.perf_counter()
    base_currency = directories.memory_of(principal.tenant_id).base_currency
    answers = _store(
        principal, [read_arrival(body, base_currency=base_currency, is_sent=True) for body in bodies], headers, now
    )
    metrics.ingest_latency.observe((time.perf_counter() - started) * 1000 / len(answers))
    return answers


def _store(
    principal: KeyPrincipal, arrivals: Sequence[Arrival], headers: Mapping[str, Any], now: datetime
) -> list[Answer]:
    context = {
        "at": now.isoformat(),
        "actor": principal.actor,
        "request": current_request_id(),
        "headers": kept_headers(headers),
    }
    sent = device_clock.sent_at(headers)
    if sent is not None:
        context["sent"] = sent.isoformat()
        for arrival in arrivals:
            device_clock.correct(arrival, sent=sent, received=now)
    patience = _Patience()

    def attempt() -> list[Answer]:
        if patience.refusals >= _REFUSALS_FORGIVEN:
            context["last"] = "true"
        try:
            return _store_once(principal, arrivals, context, now, row_by_row=patience.is_row_by_row)
        except (DatabaseError, OverflowError) as error:  # or a figure that no column can hold
            directories.forget(principal.tenant_id)
            if patience.tries_row_by_row(error) or sqlstate(error) == "23514":
                raise StaleMemory from error
            raise

    answers = retry_serialization(attempt)
    _count(answers)
    return answers


@dataclass(slots=True)
class _Patience:
    """What was refused of one reception so far.

    :ivar refusals: of a key or a day. :ivar is_odd: something else was refused.
    """

    refusals: int = 0
    is_odd: bool = False

    @property
    def is_row_by_row(self) -> bool:
        """Whether Postgres is to find out which events the refusals are about."""
        return self.is_odd or self.refusals >= _REFUSALS_FORGIVEN

    def tries_row_by_row(self, error: Exception) -> bool:
        """Count a refusal; whether there is another way to go because of it."""
        state, was_in_columns = sqlstate(error), not self.is_row_by_row
        # Contention (40001, 40P01) says nothing of the event, and does not count against it.
        self.refusals += state in {"23505", "23514"}
        self.is_odd |= state not in _AGAIN and not is_unavailable(error)
        if was_in_columns and self.is_row_by_row:
            logger.warning("Told row by row: %s %s %s", type(error).__name__, state, constraint_of(error))
            metrics.row_by_row.labels(state).inc()
        return was_in_columns and self.is_odd


def _count(answers: Sequence[Answer]) -> None:
    """One touch of a counter per outcome, not per event."""
    for (result, reason), number in Counter((answer.result, answer.reason_code or "") for answer in answers).items():
        metrics.events.labels(result.value, reason).inc(number)
    touched = [a.result for a in answers if a.journal_id is not None or a.reason_code == "PROCESSING_FAILED"]
    for result, number in Counter(touched).items():
        metrics.ledger_transactions.labels(_LEDGER_RESULTS[result]).inc(number)


def _store_once(
    principal: KeyPrincipal,
    arrivals: Sequence[Arrival],
    context: dict[str, Any],
    now: datetime,
    *,
    row_by_row: bool,
) -> list[Answer]:
    directory = directories.memory_of(principal.tenant_id)
    rates = rates_for(principal.tenant_id, [arrival.reading for arrival in arrivals])
    plans = planning.make_plans(arrivals, directory, principal, now, rates)
    started = time.perf_counter()
    needs = planning.prerequisites_of(plans)
    is_alone = len(plans) == 1 and not row_by_row
    answers = _alone(principal, plans, needs, directory, context) if is_alone else None
    if answers is None:
        if len(plans) > 1:
            needs = _open_ahead(principal, plans, needs, directory)
        answers = _in_transaction(principal, plans, needs, directory, context, now, row_by_row=row_by_row)
    metrics.posting_latency.observe((time.perf_counter() - started) * 1000)
    return answers


def _alone(
    principal: KeyPrincipal, plans: list[Plan], needs: Prerequisites, directory: TenantMemory, context: dict[str, Any]
) -> list[Answer] | None:
    """One arrival in one round trip: the call is the transaction. None when it takes more, and nothing was written."""
    # What was paid in a foreign currency is kept beside the journal, in the same transaction: the long way. So is what
    # is about another event: that one is locked and read first. And a sale that may be sold twice.
    long_way = plans[0].refers or planning.converts(plans) or near_duplicates.are_looked_at(plans, directory)
    account_ids = None if long_way else _remembered(needs, directory)
    if account_ids is None:
        return None
    sent = _told_of(plans, directory, context)
    try:
        answer = call_alone(
            "pos_receive_alone_v1",
            principal.tenant_id,
            principal.api_key_id,
            sent,
            as_jsonb(planning.row_of(plans[0])),
            as_jsonb(planning.lines_of(plans, account_ids)),
            plans[0].arrival.body,
        )
    except DatabaseError as error:
        if is_unavailable(error) or sqlstate(error) in _AGAIN:
            raise
        # Whatever it is: the long way holds the event, if the event is to blame.
        logger.warning("Event %s goes the long way: SQLSTATE %s", plans[0].arrival.event_id, sqlstate(error))
        return None
    if answer.get("stale"):
        _refuse_stale(principal)
    if answer.get("again"):
        return None
    settling = Reception(principal, plans, account_ids, answer["raw"])
    settling.settle(result_from_rows(plans, answer), sent)
    _release(settling, principal)
    return settling.answers()


def _open_ahead(
    principal: KeyPrincipal, plans: list[Plan], needs: Prerequisites, directory: TenantMemory
) -> Prerequisites:
    """What a batch needs and nobody needed before is committed first: others wait for that, and not for the batch.

    Who opens a day or an account first holds up everybody who needs it too, until it is committed.

    :returns: what is needed after what comes from unknown places was held.
    """
    if _remembered(needs, directory) is not None:
        return needs
    known = KnownRows()
    with tenant_transaction(principal.tenant_id):
        authentication.ensure_live(principal)
        _prepare(plans, needs, directory, known)
    directory.remember(known.places, known.account_ids, known.days)
    return planning.prerequisites_of(plans) if directory.strict_stores else needs


def _in_transaction(
    principal: KeyPrincipal,
    plans: list[Plan],
    needs: Prerequisites,
    directory: TenantMemory,
    context: dict[str, Any],
    now: datetime,
    *,
    row_by_row: bool,
) -> list[Answer]:
    with tenant_transaction(principal.tenant_id):
        looked_at = near_duplicates.hold_near_duplicates(plans, directory)
        known = KnownRows()
        _prepare(plans, planning.prerequisites_of(plans) if looked_at else needs, directory, known)
        sent = _told_of(plans, directory, context)
        writer = Writer(principal, sent, row_by_row=row_by_row)
        told = writer.receive(plans, known.account_ids)
        if told is None:
            _refuse_stale(principal)

        def rule(referring_plans: list[Plan]) -> list[Plan]:
            judged = levels.rule(referring_plans, directory, now)
            _prepare(judged, planning.prerequisites_of(judged), directory, known)
            return judged

        settling = Reception(principal, plans, known.account_ids, writer.raw_ids, writer, rule)
        settling.settle(told, sent)
        near_duplicates.keep(principal.tenant_id, looked_at, settling.answers())
        kept_conversions.keep(principal.tenant_id, planning.conversions_of(plans, settling.answers()))
        if any(plan.awaits for plan in plans):
            directories.tell_of_waits(directory)
    directory.remember(known.places, known.account_ids, known.days)
    _release(settling, principal)
    return settling.answers()


def _release(settling: Reception, principal: KeyPrincipal) -> None:
    """After commit: post what has waited for what came. Never the sale's problem: a sweeper makes up for it."""
    if not settling.is_awaited:
        return
    try:
        release.release_waiting(tenant_id=principal.tenant_id, now=timezone.now())
    except Exception:
        logger.exception("Events that wait for what was posted were not released; the sweeper will try again.")


def _told_of(plans: list[Plan], directory: TenantMemory, context: dict[str, Any]) -> JsonText:
    """The context with what concerns these plans, as the SQL functions read it."""
    present = {
        "audit": any(isinstance(plan.decision, Post) and not plan.decision.draft.lines for plan in plans),
        "rejects": any(isinstance(plan.decision, Refusal) for plan in plans),
        "waits": directory.has_waits,
    }
    told = {name: True for name, is_so in present.items() if is_so}
    return as_jsonb(context | {"version": directory.version} | told)


def _refuse_stale(principal: KeyPrincipal) -> NoReturn:
    """:raises StaleDirectory: memory is out of date. :raises CredentialRevoked: it is the key that is."""
    directories.forget(principal.tenant_id)
    authentication.ensure_live(principal)
    raise StaleMemory


def _remembered(needs: Prerequisites, directory: TenantMemory) -> dict[AccountRef, int] | None:
    """Account ids, when every store, day and account that the plans need is remembered."""
    ids = {ref: account_id for ref in needs.accounts if (account_id := directory.account_ids.get(ref))}
    if len(ids) < len(needs.accounts) or not needs.days <= directory.open_days:
        return None
    return ids if needs.places <= directory.places else None


def _prepare(plans: list[Plan], needs: Prerequisites, directory: TenantMemory, known: KnownRows) -> None:
    """Stores, days and accounts the plans need: all remembered, as a rule, and then no statement at all.

    What is not remembered is asked for in one; opening what is not there takes more.

    :param known: what this transaction has found or opened before; afterwards also what these plans need.
    """
    directories.find(directory, known, *needs)
    if missing := needs.places - known.places:
        if directory.strict_stores:
            planning.hold_unknown_places(plans, known.places)
            needs = planning.prerequisites_of(plans)
        else:
            directories.register_places(directory, missing)
            known.places |= missing
    for day in sorted(needs.days - known.days):
        if not periods.open_day(directory.tenant_id, day, time_zone=directory.time_zone, cut_off=directory.cut_off):
            directories.forget(directory.tenant_id)
            raise StaleMemory
        known.days.add(day)
    refs = needs.accounts - known.account_ids.keys()
    known.account_ids |= opening.find_or_open(directory.tenant_id, refs)
