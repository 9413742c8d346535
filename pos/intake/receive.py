"""Use cases of the till's side: receive one event, or a batch. Read → plan → write → judge → answer.

Everything that needs no database happens first: reading, and deciding as if each key were new. Then one event alone
takes one call (`pos_receive_alone_v1`), which is the transaction and the one round trip, when everything it needs is
remembered and its key is new. Everything else takes a transaction: begin, one call for arrivals of any number, commit;
and one call more for what the gate judges because its key existed. A reception is one transaction and one commit.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from ledger.fx import kept_conversions
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.tenants import authentication
from ledgersafe.tenants.principals import KeyPrincipal
from pos.arrivals import Arrival, Refusal, device_clock, read_arrival, refused
from pos.decisions import release
from pos.intake import levels, near_duplicates
from pos.intake.answer import Answer
from pos.intake.delivery import Delivery, delivery_of
from pos.intake.patience import Patience, retry_patiently
from pos.intake.plan import Plan, conversions_of, converts, hold_unknown_places, make_plans, posts_of
from pos.intake.reception import Reception
from pos.intake.writer import Writer
from pos.models import Result
from pos.posting import (
    KnownRows,
    Prerequisites,
    TenantMemory,
    announce_waits,
    memory_of,
    prerequisites,
    prerequisites_of,
    rates_for,
    remembered_ids,
)

logger = logging.getLogger(__name__)

#: Outcomes of an event as the metric of journals names them: written, one that stands already, or one refused.
_LEDGER_RESULTS: Final = {Result.PROCESSED: "ok", Result.DUPLICATE: "duplicate", Result.QUARANTINED: "fail"}


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
        authentication.ensure_live(principal)  # without arrivals there is no statement that would check the key
        return []
    return _receive(principal, bodies, headers, now)


def keep_refused(
    *, principal: KeyPrincipal, body: bytes, refusal: Refusal, headers: Mapping[str, Any], now: datetime
) -> Answer:
    """Keep an arrival that is refused as a whole before it is read (wrong media type, a batch that is no list)."""
    return _store(delivery_of(principal, headers, now), [refused(body, refusal)])[0]


def _receive(
    principal: KeyPrincipal, bodies: Sequence[bytes], headers: Mapping[str, Any], now: datetime
) -> list[Answer]:
    started = time.perf_counter()
    base_currency = memory_of(principal.tenant_id).base_currency
    arrivals = [read_arrival(body, base_currency=base_currency, is_sent=True) for body in bodies]
    answers = _store(delivery_of(principal, headers, now), arrivals)
    metrics.ingest_latency.observe((time.perf_counter() - started) * 1000 / len(answers))
    return answers


def _store(delivery: Delivery, arrivals: Sequence[Arrival]) -> list[Answer]:
    if delivery.sent_at is not None:
        sent, received = delivery.sent_at, delivery.received_at
        arrivals = [device_clock.correct(arrival, sent=sent, received=received) for arrival in arrivals]
    answers = retry_patiently(delivery.principal.tenant_id, lambda patience: _store_once(delivery, arrivals, patience))
    _count(answers)
    return answers


def _store_once(delivery: Delivery, arrivals: Sequence[Arrival], patience: Patience) -> list[Answer]:
    """Plan, write and judge; committed when it returns."""
    tenant_id = delivery.principal.tenant_id
    memory = memory_of(tenant_id)
    rates = rates_for(tenant_id, [arrival.reading for arrival in arrivals])
    plans = make_plans(arrivals, memory, delivery.principal, delivery.received_at, rates)
    started = time.perf_counter()
    needs = prerequisites_of(posts_of(plans))
    reception = None
    if len(plans) == 1 and not patience.is_row_by_row:
        reception = _write_alone(delivery, plans, needs, memory, patience)
    if reception is None:
        if len(plans) > 1:
            needs = _open_ahead(delivery.principal, plans, needs, memory)
        reception = _write_in_transaction(delivery, plans, needs, memory, patience)
    _release_waiting(reception, tenant_id)
    metrics.posting_latency.observe((time.perf_counter() - started) * 1000)
    return reception.answers()


# ── Two ways to write ───────────────────────────────────────────────────────────────────────────
def _write_alone(
    delivery: Delivery, plans: list[Plan], needs: Prerequisites, memory: TenantMemory, patience: Patience
) -> Reception | None:
    """Write and judge one arrival in one round trip. None when it takes more; then nothing was written."""
    # What was paid in a foreign currency is kept beside the journal, in the same transaction. An event about another
    # one: that is locked and read first. A sale that may be sold twice: its basket is locked.
    takes_more = plans[0].refers or converts(plans) or near_duplicates.are_looked_at(plans, memory)
    account_ids = None if takes_more else remembered_ids(memory, needs)
    if account_ids is None:
        return None
    context = delivery.context_of(plans, memory, is_last=patience.is_last)
    writer = Writer(delivery.principal, context, row_by_row=False)
    result = writer.receive_alone(plans[0], account_ids)
    if result is None:
        return None
    reception = Reception(delivery.principal, plans, account_ids, writer)
    reception.judge(result, context)
    return reception


def _write_in_transaction(
    delivery: Delivery, plans: list[Plan], needs: Prerequisites, memory: TenantMemory, patience: Patience
) -> Reception:
    """Write and judge any number of arrivals in one transaction."""
    tenant_id, known = delivery.principal.tenant_id, KnownRows()

    def decide_level(pending: list[Plan]) -> list[Plan]:
        decided = levels.decide_level(pending, memory, delivery.received_at)
        _ensure(decided, prerequisites_of(posts_of(decided)), memory, known)
        return decided

    with tenant_transaction(tenant_id):
        baskets = near_duplicates.hold_near_duplicates(plans, memory)
        _ensure(plans, prerequisites_of(posts_of(plans)) if baskets else needs, memory, known)
        context = delivery.context_of(plans, memory, is_last=patience.is_last)
        writer = Writer(delivery.principal, context, row_by_row=patience.is_row_by_row)
        result = writer.receive(plans, known.account_ids)
        reception = Reception(delivery.principal, plans, known.account_ids, writer, decide_level)
        reception.judge(result, context)
        answers = reception.answers()
        near_duplicates.keep(tenant_id, baskets, answers)
        kept_conversions.keep(tenant_id, conversions_of(plans, answers))
        if any(plan.awaits for plan in plans):
            announce_waits(memory)
    memory.remember(known.places, known.account_ids, known.days)
    return reception


# ── Before and after ────────────────────────────────────────────────────────────────────────────
def _open_ahead(
    principal: KeyPrincipal, plans: list[Plan], needs: Prerequisites, memory: TenantMemory
) -> Prerequisites:
    """Open missing days, stores and accounts in a short transaction of their own, ahead of a batch.

    The first to open a day or an account holds up everybody who needs it until the commit; nobody shall wait so for
    a whole batch. Should the batch fail, an open day and empty accounts are left, which do no harm.

    :returns: the needs that are left after events of unknown places were held.
    """
    if remembered_ids(memory, needs) is not None:
        return needs
    known = KnownRows()
    with tenant_transaction(principal.tenant_id):
        authentication.ensure_live(principal)
        needs = _ensure(plans, needs, memory, known)
    memory.remember(known.places, known.account_ids, known.days)
    return needs


def _ensure(plans: Sequence[Plan], needs: Prerequisites, memory: TenantMemory, known: KnownRows) -> Prerequisites:
    """Have every store, day and account that these plans need; operation. No statement when all are remembered.

    :param known: what this transaction has found or opened before; afterwards also what these plans need.
    :returns: the needs that are left after events of unknown places were held.
    """
    prerequisites.find(memory, known, *needs)
    unknown = needs.places - known.places
    if unknown and memory.strict_stores:
        hold_unknown_places(plans, unknown)
        needs = prerequisites_of(posts_of(plans))
    prerequisites.open_missing(memory, known, needs)
    return needs


def _release_waiting(reception: Reception, tenant_id: int) -> None:
    """After the commit: post the events that waited for what came. A failure is not the sale's: a sweeper retries."""
    if not reception.is_awaited:
        return
    try:
        release.release_waiting(tenant_id=tenant_id, now=timezone.now())
    except Exception:
        logger.exception("Events that wait for what was posted were not released; the sweeper will try again.")


def _count(answers: Sequence[Answer]) -> None:
    """Count outcomes: one touch of a counter per outcome, not per event."""
    for (result, reason), number in Counter((answer.result, answer.reason_code or "") for answer in answers).items():
        metrics.events.labels(result.value, reason).inc(number)
    written = [a.result for a in answers if a.journal_id is not None or a.reason_code == "PROCESSING_FAILED"]
    for result, number in Counter(written).items():
        metrics.ledger_transactions.labels(_LEDGER_RESULTS[result]).inc(number)
