"""Signed-in people of the back office, and shorthands for what they do there."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from exceptions.models import ExceptionCase, Resolution
from ledgersafe.tenants.models import Membership
from tests.conftest import Shop
from tests.scenes.staff import browser

INBOX = "/admin/exceptions/exceptioncase/"


@contextmanager
def signed_in(*shops: Shop, role: str = "Operator", checks_csrf: bool = False) -> Iterator[Client]:
    """A client signed in as a new person with a role, who works for these tenants."""
    user = User.objects.create_user(f"p{uuid.uuid4().hex[:10]}", password=None, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    for shop in shops:
        Membership.objects.create(tenant=shop.tenant, user=user)
    client = browser(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    try:
        yield client
    finally:
        user.delete()


def actor_of(client: Client) -> str:
    """As the trail names who is signed in."""
    return f"user:{User.objects.get(pk=client.session['_auth_user_id']).username}"


def inbox(client: Client, **parameters: str) -> list[str]:
    """Event ids of the inbox, in its order."""
    page = client.get(INBOX, parameters)
    assert page.status_code == 200, page.content
    found = re.findall(r'data-rv-row\s+href="[^"]*">\s*([^<]*?)\s*</a>', page.content.decode())
    return [unescape(text) for text in found]


def review_url(case_id: str) -> str:
    """Where a case is decided."""
    return reverse("admin:exceptions_review", args=[case_id])


def seen(client: Client, case_id: str) -> str:
    """What the page says it has shown."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(review_url(case_id)).content.decode())
    assert found is not None
    return found[1]


def press(client: Client, case_id: str, do: str, **fields: Any) -> Any:
    """Press a button of the review page, as somebody who has just opened it."""
    posted = {"do": do, "notes": "Asked the store.", "seen": seen(client, case_id)} | fields
    return client.post(review_url(case_id), posted)


def conflict(shop: Shop, event_id: str = "evt-1", **changes: Any) -> tuple[str, int, int]:
    """A sale of 42.50, posted, and the same id with 43.00, held. :returns: case id, and both raw ids."""
    first = shop.send(shop.sale(event_id)).json()
    tenders = [{"method": "CASH", "amount": 20.5}, {"method": "CARD", "amount": 22.5, "processor": "stripe"}]
    lines = [{"sku": "A", "qty": 1, "amount": 30}, {"sku": "B", "qty": 1, "amount": 9}]
    other = {"total_amount": 43, "tenders": tenders, "line_items": lines} | changes
    last = shop.send(shop.sale(event_id, **other)).json()
    return last["exception_id"], first["raw_id"], last["raw_id"]


def hold(shop: Shop, event_id: str, **changes: Any) -> str:
    """An event that is held. :returns: the case's id."""
    answer = shop.send(shop.sale(event_id, **({"event_type": "LOYALTY"} | changes)))
    assert answer.status_code == 202, answer.content
    return str(answer.json()["exception_id"])


def page_of(client: Client, case_id: str, **parameters: str) -> str:
    """The review page, with its white space folded."""
    answer = client.get(review_url(case_id), parameters)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def status_of(case_id: str) -> str:
    """Whether a case is open or resolved."""
    return ExceptionCase.objects.get(pk=case_id).status


def decision_on(case_id: str, stage: str) -> Resolution:
    """The one decision on a case at that stage."""
    return Resolution.objects.get(case__pk=uuid.UUID(case_id), stage=stage)
