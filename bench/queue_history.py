"""Run as a program of its own, on one of our databases: a history with a queue, by way of the product's own batches.

Of every 500 arrivals 50 open a case: eight kinds of mistakes, and events that came again with other amounts, once or
twice. Most of it belongs to the first tenant, whose operator the pages are opened by. Most arrived within the last day:
that is what a dashboard has to add up.
"""

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import django

from bench.events import Till

BATCH, CASES = 500, 50
_CONFLICTS = (1, 2, 1, 2, 1, 2)  # further versions of each
_STORES, _REGISTERS = 8, 2
#: Of ten batches, those of the other tenants; the last one is not, so that nobody's dashboard is silent.
_OTHERS = {1: 1, 4: 2, 6: 3}
_HEADERS = {"CONTENT_TYPE": "application/json", "HTTP_USER_AGENT": "ledgersafe-bench"}

Sale = dict[str, Any]


def _dearer(sale: Sale, steps: int) -> Sale:
    """The same sale as another till might tell it: a line and what was paid by card."""
    more = steps * 1.0
    line, card = sale["line_items"][0], sale["tenders"][1]
    return sale | {
        "total_amount": round(sale["total_amount"] + more, 2),
        "line_items": [line | {"amount": round(line["amount"] + more, 2)}, *sale["line_items"][1:]],
        "tenders": [sale["tenders"][0], card | {"amount": round(card["amount"] + more, 2)}],
    }


def _without_meaning(sale: Sale) -> Sale:
    return sale | {"line_items": [sale["line_items"][0] | {"qty": "two"}, *sale["line_items"][1:]]}


def _negative(sale: Sale) -> Sale:
    return sale | {"tenders": [{"method": "CASH", "amount": -1.0}, *sale["tenders"][1:]]}


#: Mistakes as tills make them.
_MISTAKES: tuple[Callable[[Sale], Sale], ...] = (
    lambda sale: sale | {"total_amount": round(sale["total_amount"] + 5, 2)},
    lambda sale: sale | {"currency": "XQX"},
    lambda sale: sale | {"event_type": "LOYALTY_POINTS"},
    _without_meaning,
    lambda sale: sale | {"schema_version": "9.1"},
    _negative,
    lambda sale: sale | {"occurred_at": "2093-01-01T00:00:00+00:00"},
)


def batch(events: Iterator[bytes], mistakes: Iterator[Callable[[Sale], Sale]]) -> list[bytes]:
    """500 arrivals, 50 of which open a case."""
    bad = [mistake(json.loads(next(events))) for mistake in islice(mistakes, CASES - len(_CONFLICTS) - 2)]
    good = list(islice(events, BATCH - len(bad) - sum(_CONFLICTS) - 2))
    again = [_dearer(json.loads(good[n]), step + 1) for n, more in enumerate(_CONFLICTS) for step in range(more)]
    # The same event under another id: the till has renumbered a retry.
    renumbered = [event | {"event_id": f"{event['event_id']}-2"} for event in map(json.loads, good[-2:])]
    return good + [json.dumps(event).encode() for event in (*bad, *again, *renumbered)]


def load(keys: dict[str, str], done: int, events: int, now: datetime) -> None:
    """From `done` events to `events`; ids and instants go the same way, as they do where tills send."""
    from ledgersafe.tenants import authentication
    from pos.intake import receive_batch

    principals = [authentication.authenticate(key) for key in keys.values()]
    mistakes = cycle(_MISTAKES)
    first, last = done // BATCH, events // BATCH
    # What was there first lies up to four days back, all the rest within twenty hours.
    start, end = (timedelta(hours=20), timedelta(minutes=2)) if done else (timedelta(days=4), timedelta(hours=20))
    for number in range(first, last):
        principal = principals[_OTHERS.get(number % 10, 0)]
        assert principal is not None
        at = now - start + (start - end) * ((number - first + 1) / (last - first))
        store, register = f"store-{number % _STORES}", f"till-{number // _STORES % _REGISTERS}"
        age = int((now - at).total_seconds() // 60) + 1
        till = Till(principal.tenant_slug, "", store, register, minutes_ago=age)
        bodies = batch(till.events(), mistakes)
        receive_batch(principal=principal, bodies=bodies, headers=_HEADERS, now=at)


def people(tenant: str) -> dict[str, str]:
    """Session keys of an operator of one tenant and of a superuser, made at the first call."""
    from django.contrib.auth.models import Permission, User

    from ledgersafe.people import access as staff

    if not User.objects.exists():
        User.objects.create_superuser("superuser", password=None)
        operator = staff.create_person(
            username="operator",
            role="operator",
            tenants=[tenant],
            password=secrets.token_hex(),
            by=None,
            actor="system:bench",
        )
        # May see the empty page too, which is no part of the product.
        operator.user_permissions.add(Permission.objects.get(codename="view_onerow"))
    return {user.username: _session(user) for user in User.objects.order_by("username")}


def _session(user: Any) -> str:
    """What a sign-in leaves in the browser."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def paths(tenant: str) -> dict[str, list[str]]:
    """What is opened of every page: what shows one thing shows another one each time."""
    from django.urls import reverse

    from exceptions.models import ExceptionCase
    from ledger.models import Journal

    def sample(rows: Any) -> list[Any]:
        """Twenty, spread over all of them."""
        found = list(rows)
        return found[:: max(1, len(found) // 20)][:20]

    own = ExceptionCase.objects.filter(tenant__slug=tenant)
    conflicts = own.filter(reason_code="IDEMPOTENCY_CONFLICT").order_by("created_at", "id")
    some = sample(conflicts.values_list("id", "idempotency_key"))
    journals = sample(Journal.objects.filter(tenant__slug=tenant).order_by("id").values_list("id", flat=True))
    inbox = reverse("admin:exceptions_exceptioncase_changelist")
    return {
        "empty page": [reverse("admin:bench_textbook_onerow_changelist")],
        "dashboard": [reverse("admin:index")],
        "inbox": [inbox],
        "inbox, one reason": [f"{inbox}?reason=TOTALS_MISMATCH"],
        "inbox, an event id": [f"{inbox}?q={name}" for _, name in some],
        "conflict review": [reverse("admin:exceptions_review", args=[case_id]) for case_id, _ in some],
        "event timeline": [reverse("admin:pos_event_timeline", args=[tenant, name]) for _, name in some],
        "journals": [reverse("admin:ledger_journal_changelist")],
        "journal": [reverse("admin:ledger_journal_change", args=[pk]) for pk in journals],
    }


if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    wanted = json.load(sys.stdin)
    load(wanted["keys"], wanted["done"], wanted["events"], timezone.now())
    slug = next(iter(wanted["keys"]))
    json.dump({"people": people(slug), "paths": paths(slug)}, sys.stdout)
