"""One run of a simulated day against a running server: send, release, decide, check, close."""

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
#: Of a hundred arrivals, how many come again in a later batch, and how many once more by themselves.
_REPEATED: Final = 4
_SENT_ALONE: Final = 1


class Order(StrEnum):
    """How the day reaches us: as it happened, with some retries, or in any order and all of it twice."""

    AS_IT_HAPPENED = "as it happened"
    SHUFFLED_AND_DOUBLED = "shuffled and doubled"


@dataclass(slots=True)
class Run:
    """One day in one tenant's books."""

    tenant: Tenant
    order: Order
    sent: SendResult
    fingerprint: str


def arrivals_of(day: Day, order: Order, seed: int) -> list[SentEvent]:
    """What is sent, in its order. Pure."""
    random = Random(f"{seed}/{order}")  # noqa: S311  a game
    arrivals = day.arrivals
    if order == Order.SHUFFLED_AND_DOUBLED:
        doubled = arrivals * 2
        random.shuffle(doubled)
        return doubled
    found: list[SentEvent] = []
    for sent in arrivals:
        found.append(sent)
        if random.randrange(100) < _REPEATED:
            found.append(random.choice(found[-sender.BATCH :]))
    return found


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
    """The day in books of its own. :raises ledgersafe.simulation.sender.NotTaken: the server refused something."""
    tenant, key = fresh_tenant("day", name="Simulated shops", key_name="all tills", actor=_ACTOR)
    arrivals = arrivals_of(day, order, shape.seed)
    bodies = sender.batches_of(arrivals, tenant.slug)
    with sender.connect(url, key) as client:
        office = Office(client, shape)
        office.open_drawers()
        sent = sender.send_batches(url, key, bodies, progress(arrivals))
        for one in arrivals[:: 100 // _SENT_ALONE]:
            sender.post(client, "/v1/events", sender.body_of(one, tenant.slug))
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
