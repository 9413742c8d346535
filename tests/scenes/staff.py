"""People of the back office for tests: hired for throw-away tenants, signed in as a browser is."""

import secrets
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from ledgersafe.people import access
from tests.conftest import Shop

PASSWORD = "correct-horse-" + secrets.token_hex(4)


def hire(role: str, *shops: Shop, password: str = PASSWORD) -> User:
    """Somebody with a role, working for these shops."""
    return access.create_person(
        username=f"{role.replace('_', '-')}-{uuid.uuid4().hex[:8]}",
        role=role,
        tenants=[shop.slug for shop in shops],
        password=password,
        by=None,
        actor="system:test",
    )


def boss() -> User:
    """A superuser."""
    return User.objects.create_superuser(f"boss-{uuid.uuid4().hex[:8]}", password=PASSWORD)


#: As browsers ask for a page.
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def browser(**how: Any) -> Client:
    """The browser of a stranger."""
    return Client(headers={"Accept": ACCEPT}, **how)


def signed_in(person: User, **how: Any) -> Client:
    """The browser of somebody who has signed in."""
    client = browser(**how)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
