"""Run a simulated day against a running server: send, release, decide, check, close."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from django.utils import timezone

from ledgersafe.demo.tenants import fresh_tenant
from ledgersafe.simulation import (
    fingerprint,
    judgement,
    sender,
)
from ledgersafe.simulation.events import Day, SentEvent
from ledgersafe.simulation.judgement import Check
from ledgersafe.simulation.office import Office
from ledgersafe.simulation.sender import SendResult
from ledgersafe.simulation.shape import Shape
from ledgersafe.tenants.models import Tenant
from pos.decisions import release
from pos.reports import roll_up_sales

_ACTOR: Final = "system:simulate_day"
#: Percent of arrivals repeated in a later batch, and repeated alone.
_REPEATED: Final = 4
_SENT_ALONE: Final = 1


class Order(StrEnum):
    """The order of arrival: as it happened, with some retries; or shuffled, and everything twice."""

    AS_IT_HAPPENED = "as it happened"
    SHUFFLED_AND_DOUBLED = "shuffled and doubled"


@dataclass(slots=True)
class Run:
    """A simulated day in one tenant's books."""

    tenant: Tenant
    order: Order
    sent: SendResult
    fingerprint: str


def arrivals_of(day: Day, order: Order, seed: int) -> list[SentEvent]:
    """Return the events to send, in their order. Pure."""
    random = Random(f"{seed}/{order}")  # noqa: S311  a game
    arrivals = day.arrivals
    if order == Order.SHUFFLED_AND_DOUBLED:
        doubled = arrivals * 2
        random.shuffle(doubled)
        return doubled
    sequence: list[SentEvent] = []
    for sent in arrivals:
        sequence.append(sent)
        if random.randrange(100) < _REPEATED:
            sequence.append(random.choice(sequence[-sender.BATCH :]))
    return sequence


def run_day(
    url: str,
    shape: Shape,
    day: Day,
    order: Order,
    *,
    check: Callable[[Check], None],
    say: Callable[[str], None],
    progress: Callable[[Sequence[SentEvent]], Callable[[int], None]],
) -> Run:
    """Run the day in new books, from sending to closing.

    :raises ledgersafe.simulation.sender.NotTaken: the server refused something.
    """
    tenant, key = fresh_tenant("day", name="Simulated shops", key_name="all tills", actor=_ACTOR)
    arrivals = arrivals_of(day, order, shape.seed)
    bodies = sender.batches_of(arrivals, tenant.slug)
    with sender.connect(url, key) as client:
        office = Office(client, shape)
        office.open_drawers()
        sent = sender.send_batches(url, key, bodies, progress(arrivals))
        for event in arrivals[:: 100 // _SENT_ALONE]:
            sender.post(client, "/v1/events", sender.body_of(event, tenant.slug))
        release.release_waiting(tenant_id=tenant.id, now=timezone.now())
        decided = office.decide(day)
        say(f"{len(arrivals):,} events sent; {decided} held ones decided by a person.")
        run = Run(tenant, order, sent, "")
        for one_check in _checks(office, run, day, shape):
            check(one_check)
    run.fingerprint = fingerprint.books_fingerprint(tenant.id)
    return run


def _checks(office: Office, run: Run, day: Day, shape: Shape) -> Iterator[Check]:
    refused = sum(number for (status, _), number in run.sent.answers.items() if status >= 400)
    yield Check("events that were refused", refused, 0)
    yield from judgement.numbered(office, day)
    yield from judgement.sold(office, day, shape)
    roll_up_sales(tenant_id=run.tenant.id)
    expected = office.expected_cash()
    yield from judgement.drawers(office, day, expected)
    yield from judgement.closed(office, expected, office.close_drawers(expected))
    yield from judgement.sold(office, day, shape)
    yield Check(f"business day {shape.day}", office.close_day()["status"], "closed")
    yield judgement.verified(run.tenant.id)
