"""The made-up retailer of the screenshots: three shops, a day of sales, and what the tills got wrong.

Everything goes through the use cases, with the clock they are told. One thing is written past them, in this throw-away
database only: how long a case has waited, which the database's own clock says.
"""

import json
import os
import random
import secrets
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.contrib.auth.models import User

from exceptions.cases import assign_case
from exceptions.decisions import Decision, DecisionAction
from ledger.drawers import Caller, Count, NewDrawer, by_hand, close_drawer, count_drawer, open_drawer, queries
from ledger.models import Drawer
from ledgersafe import setup
from ledgersafe.audit import anchors
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.people import access
from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import SCOPES, Tenant
from ledgersafe.tenants.principals import KeyPrincipal
from pos.decisions import resolve
from pos.intake import receive

#: Towns and how busy they are.
STORES = {"harbour": ("Harbour Street", 5), "station": ("Central Station", 9), "market": ("Market Square", 3)}
PEOPLE = {
    "anna": ("Anna", "Lindqvist", "operator"),
    "omar": ("Omar", "Haddad", "operator"),
    "mei": ("Mei", "Tanaka", "supervisor"),
    "paul": ("Paul", "Okafor", "accountant"),
    "ines": ("Ines", "Duarte", "auditor"),
    "theo": ("Theo", "Brandt", "tenant_administrator"),
}
GOODS = (
    ("FLAT-WHITE", 4.2), ("ESPRESSO", 2.6), ("CROISSANT", 3.1), ("SOUP-OF-THE-DAY", 7.5), ("LEMONADE", 3.8),
    ("BEANS-250G", 11.9), ("SANDWICH", 6.4), ("CHEESECAKE", 5.2),
)  # fmt: skip
#: Sales per hour, from 7 in the morning on: two peaks, as everywhere.
BUSY = (2, 6, 9, 5, 4, 8, 11, 7, 4, 3, 4, 6, 5, 3)
#: Of the day's sales, the one before which a till lost an event.
_LOST = 9
#: Where it is late in the afternoon, a business day has most of its sales.
ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Europe/London", "Europe/Athens", "Asia/Dubai",
    "Asia/Karachi", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu",
)  # fmt: skip


@dataclass
class Retailer:
    """The retailer, who works for it, and the events the pictures are of."""

    tenant: Tenant
    till: KeyPrincipal
    now: datetime
    password: str
    staff: dict[str, User] = field(default_factory=dict)
    #: Names of the story → (event id, case id).
    cases: dict[str, tuple[str, uuid.UUID]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  the same day every time
    sold: list[dict[str, Any]] = field(default_factory=list)

    def limit(self, amount: str | None) -> None:
        """Decisions above this take a second person from now on; None: none do."""
        setup.change_tenant(slug=self.tenant.slug, changes={"four_eyes_limit": amount}, actor="user:theo")

    def switch_on(self, kind: str) -> None:
        """Events of this type are posted from now on."""
        setup.change_tenant(slug=self.tenant.slug, changes={"enable": [kind]}, actor="user:theo")

    def send(self, event: dict[str, Any], at: datetime) -> Any:
        """As a till does, at a time of ours."""
        headers = {"HTTP_USER_AGENT": "till/4.2", "CONTENT_TYPE": "application/json"}
        return receive.receive_event(principal=self.till, body=json.dumps(event).encode(), headers=headers, now=at)

    def sale(self, store: str, at: datetime, number: int) -> dict[str, Any]:
        """A basket of one to four things, paid in cash or by card."""
        goods = self.chance.sample(GOODS, self.chance.randint(1, 4))
        lines = [{"sku": sku, "qty": 1, "amount": price} for sku, price in goods]
        net = round(sum(price for _, price in goods), 2)
        tax = round(net * 0.08, 2)
        total = round(net + tax, 2)
        paid = {"method": "CARD", "amount": total, "processor": "stripe"}
        if self.chance.random() < 0.4:
            paid = {"method": "CASH", "amount": total}
        return {
            "schema_version": "1.0",
            "tenant_id": self.tenant.slug,
            "store_id": store,
            "register_id": f"till-{number % 2 + 1}",
            "source_system": "tills",
            "event_id": f"{store}-{at:%m%d}-{number:04d}",
            "event_type": "SALE",
            "occurred_at": at.isoformat(),
            "txn_id": f"R-{at:%j}{number:04d}",
            "currency": "USD",
            "total_amount": total,
            "line_items": lines,
            "tax_lines": [{"code": "VAT", "rate": 0.08, "amount": tax}],
            "tenders": [paid],
        }


def make(now: datetime) -> Retailer:
    """Everything the pictures show."""
    retailer = _open(now)
    drawer = _open_drawers(retailer)
    _a_day_of_sales(retailer)
    _what_went_wrong(retailer)
    _as_if_it_had_waited()
    _what_people_did(retailer)
    _count(retailer, drawer)
    seal_trail(tenant_id=retailer.tenant.id, everything=True)
    anchors.anchor_head(retailer.tenant)
    return retailer


def _open(now: datetime) -> Retailer:
    zone = min(ZONES, key=lambda name: abs(now.astimezone(ZoneInfo(name)).hour * 60 - 18 * 60))
    tenant = setup.create_tenant(
        slug="corner-cafes", name="Corner Cafés", currency="USD", time_zone=zone, actor="system:screenshots"
    )
    setup.change_tenant(slug=tenant.slug, changes={"disable": ["CASH_DROP"]}, actor="system:screenshots")
    for code, (name, _) in STORES.items():
        setup.create_store(slug=tenant.slug, code=code, name=name, actor="system:screenshots")
        for number in (1, 2):
            setup.create_register(
                slug=tenant.slug,
                store_code=code,
                code=f"till-{number}",
                name=f"Till {number}",
                actor="system:screenshots",
            )
    _, key = setup.create_api_key(
        slug=tenant.slug, scopes=SCOPES, name="all tills", actor="system:screenshots", now=now - timedelta(days=2)
    )
    principal = authentication.authenticate(key)
    assert principal is not None  # noqa: S101  just issued
    retailer = Retailer(tenant, principal, now, secrets.token_urlsafe(9))
    for name, (first, last, role) in PEOPLE.items():
        retailer.staff[name] = access.create_person(
            username=name, role=role, tenants=[tenant.slug], password=retailer.password, by=None,
            actor="system:screenshots", first_name=first, last_name=last, email=f"{name}@corner-cafes.example",
        )  # fmt: skip
    return retailer


def _open_drawers(retailer: Retailer) -> int:
    """A float in every till. :returns: the drawer of the pictures."""
    opened = []
    for store in STORES:
        for number in (1, 2):
            request = NewDrawer(store, f"till-{number}", 20_000)
            opened.append(_by_hand(retailer, open_drawer, request=request).pk)
    return int(opened[2])


def _count(retailer: Retailer, drawer_id: int) -> None:
    """The busiest till is counted, and is a little short."""
    (drawer,) = Drawer.objects.filter(pk=drawer_id)
    cash = queries.expected_in([drawer])[drawer_id] - 235
    _by_hand(retailer, count_drawer, drawer_id=drawer_id, count=Count(cash, None, ""))
    count = Count(cash, None, "Two coins of change were given twice.")
    _by_hand(retailer, close_drawer, drawer_id=drawer_id, count=count)


def _by_hand(retailer: Retailer, operation: Callable[..., Drawer], **arguments: Any) -> Drawer:
    caller = Caller(retailer.tenant.id, "user:mei", may_approve=True)
    return by_hand(retailer.tenant.id, lambda: operation(caller=caller, now=retailer.now, **arguments))


def _a_day_of_sales(retailer: Retailer) -> None:
    """Since this morning, and thin traffic yesterday evening; some tills send twice."""
    opening = retailer.now.astimezone(ZoneInfo(retailer.tenant.time_zone)).replace(hour=7, minute=0, second=0)
    moments = [
        (opening + timedelta(hours=hour, minutes=retailer.chance.random() * 60), store)
        for hour, busy in enumerate(BUSY)
        for store, (_, weight) in STORES.items()
        for _ in range(busy * weight // 4 + 1)
    ]
    moments += [(opening - timedelta(hours=9, minutes=5 * n), "station") for n in range(8)]
    counted: Counter[str] = Counter()
    for number, (at, store) in enumerate(sorted(moments)):
        if at >= retailer.now - timedelta(minutes=2):
            continue
        event = retailer.sale(store, at.astimezone(UTC).replace(microsecond=0), number)
        device = f"{store}.{event['register_id']}"
        counted[device] += 2 if number == _LOST else 1  # of one till an event never came
        event |= {"device_id": device, "device_seq": counted[device]}
        arrived = at.astimezone(UTC) + timedelta(seconds=2)
        retailer.send(event, arrived)
        if retailer.chance.random() < 0.12:
            retailer.send(event, arrived + timedelta(seconds=40))
        retailer.sold.append(event)


def _held(retailer: Retailer, name: str, event: dict[str, Any], at: datetime) -> None:
    answer = retailer.send(event, at)
    assert answer.exception_id is not None, (name, answer)  # noqa: S101  or the picture would not show it
    retailer.cases[name] = (event["event_id"], uuid.UUID(str(answer.exception_id)))


def _conflict(retailer: Retailer, name: str, event: dict[str, Any], minutes_ago: int) -> None:
    """A sale that comes again with one line less, paid in cash."""
    lines = event["line_items"][:-1]
    net = round(sum(line["amount"] for line in lines), 2)
    tax = round(net * 0.08, 2)
    other = event | {
        "line_items": lines,
        "tax_lines": [{"code": "VAT", "rate": 0.08, "amount": tax}],
        "total_amount": round(net + tax, 2),
        "tenders": [{"method": "CASH", "amount": round(net + tax, 2)}],
    }
    _held(retailer, name, other, retailer.now - timedelta(minutes=minutes_ago))


def _what_went_wrong(retailer: Retailer) -> None:
    now = retailer.now

    def odd(name: str, minutes_ago: int, store: str = "harbour", **changes: Any) -> None:
        at = now - timedelta(minutes=minutes_ago)
        event = retailer.sale(store, at - timedelta(minutes=1), 9000 + minutes_ago) | changes
        _held(retailer, name, {key: value for key, value in event.items() if value is not None}, at)

    taken: set[str] = set()
    for name, minutes_ago in (("resolved", 240), ("kept", 200), ("third", 150), ("second", 95), ("star", 34)):
        before = now - timedelta(minutes=minutes_ago + 5)
        event = next(
            event
            for event in reversed(retailer.sold)
            if len(event["line_items"]) == 4
            and event["event_id"] not in taken
            and datetime.fromisoformat(event["occurred_at"]) < before
        )
        taken.add(event["event_id"])
        _conflict(retailer, name, event, minutes_ago)
    odd("lines", 61, total_amount=99.9)
    odd("lines again", 190, "station", total_amount=64.0)
    drop = {"event_type": "CASH_DROP", "line_items": None, "tax_lines": None, "tenders": None}
    odd("drop", 25, "station", total_amount=300, **drop)
    odd("drop again", 44, "market", total_amount=120, **drop)
    odd("drop once more", 130, "market", total_amount=150, **drop)
    odd("no register", 15, "market", currency="XBT")
    odd("from the future", 80, "station", occurred_at=(now + timedelta(days=400)).isoformat())
    odd("returned", 110, "station", event_type="RETURN", original_event_id="station-0000-0001")
    odd("refused field", 52, tenders=[{"method": "SEASHELLS", "amount": 5}])


def _as_if_it_had_waited() -> None:
    """A case is as old as the database says, and these are seconds old. Only where the data is thrown away."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as raw:
        raw.execute("ALTER TABLE exceptions DISABLE TRIGGER decided_once")
        raw.execute("UPDATE exceptions e SET created_at = r.received_at FROM events_raw r WHERE r.id = e.raw_id")
        raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raw.execute("ALTER TABLE exceptions ENABLE ALWAYS TRIGGER decided_once")


def _what_people_did(retailer: Retailer) -> None:
    now, tenant = retailer.now, retailer.tenant
    for name, person, minutes_ago in (("second", "omar", 70), ("lines", "anna", 40), ("drop again", "anna", 30)):
        assign_case(
            tenant_id=tenant.id, case_id=retailer.cases[name][1], assignee=f"user:{person}", actor=f"user:{person}",
            now=now - timedelta(minutes=minutes_ago),
        )  # fmt: skip
    for name, canonical, notes in (
        ("resolved", "LAST", "Called the shop: the last line was taken back before paying."),
        ("kept", "FIRST", "The till's test mode sent this twice; the first one was paid."),
    ):
        resolve.resolve_case(
            tenant_id=tenant.id, case_id=retailer.cases[name][1],
            decision=Decision(DecisionAction.REPLAY, notes=notes, canonical=canonical),
            actor="user:omar", may_approve=False, now=now,
        )  # fmt: skip
