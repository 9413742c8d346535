"""Fixtures. Every test that touches the database commits for real, in a throw-away tenant of its own.

Rolled-back test cases would hide deferred triggers, commit failures and serialization; and the append-only guards
refuse the truncation that would clean up. A tenant nobody else uses is all the isolation needed.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

import ledgersafe.urls  # noqa: F401  pages register themselves with the URLs, and tests look at what is registered
from ledgersafe import setup
from ledgersafe.tenants import authentication
from ledgersafe.tenants.models import SCOPES, Tenant
from ledgersafe.tenants.principals import KeyPrincipal
from tests.books import BooksToCheck
from tests.databases import acting_as, fresh_database

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")
settings.PASSWORD_HASHERS = ["tests.passwords.QuickArgon2"]


@pytest.fixture(scope="session")
def books(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """The migrated test database of this worker and run, used as the application role, with real commits."""
    with django_db_blocker.unblock(), fresh_database(), acting_as(settings.APPLICATION_ROLE):
        yield


@pytest.fixture
def own_database(books: None) -> Iterator[None]:
    """A database without the tenants of other tests: pages that list all of them are as quick as in a shop."""
    with fresh_database("_own"):
        yield


@pytest.fixture(scope="session")
def books_to_check(books: None) -> Iterator[BooksToCheck]:
    """Tenants of this worker's tests, whose books are checked together; what is left at the end of the run."""
    waiting = BooksToCheck()
    yield waiting
    waiting.check()


@dataclass
class Shop:
    """A throw-away tenant with a key that may do everything, and shorthands to send events as its till."""

    tenant: Tenant
    key: str
    principal: KeyPrincipal
    client: Client = field(default_factory=Client)

    @property
    def slug(self) -> str:
        return self.tenant.slug

    @property
    def auth(self) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.key}"}

    def sale(self, event_id: str = "evt-1", **changes: Any) -> dict[str, Any]:
        """A good sale of 42.50 USD; a change of None leaves the field out."""
        event = {
            "schema_version": "1.0",
            "tenant_id": self.slug,
            "store_id": "store-1",
            "register_id": "till-1",
            "source_system": "pos",
            "event_id": event_id,
            "event_type": "SALE",
            "occurred_at": "2026-02-25T09:30:00Z",
            "txn_id": f"txn-{event_id}",
            "currency": "USD",
            "total_amount": 42.5,
            "line_items": [{"sku": "A", "qty": 1, "amount": 30}, {"sku": "B", "qty": 1, "amount": 8.5}],
            "tax_lines": [{"code": "VAT", "rate": 0.2, "amount": 4}],
            "tenders": [{"method": "CASH", "amount": 20}, {"method": "CARD", "amount": 22.5, "processor": "stripe"}],
        } | changes
        return {name: value for name, value in event.items() if value is not None}

    def post(self, path: str, body: Any, **extra: Any) -> Any:
        """POST as the till: a dict is sent as JSON, bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        how = {"content_type": "application/json", **self.auth, **extra}
        return self.client.post(path, data=raw, **how)

    def send(self, body: Any, **extra: Any) -> Any:
        """`POST /v1/events`."""
        return self.post("/v1/events", body, **extra)

    def get(self, path: str, **parameters: Any) -> Any:
        """GET as the till."""
        return self.client.get(path, parameters, **self.auth)  # type: ignore[arg-type]

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query whose first parameter is the tenant's id."""
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.tenant.id, *parameters])
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def number(self, table: str) -> int:
        """How many rows the tenant has in a table."""
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE tenant_id = %s")[0][0])


def open_shop(**changes: Any) -> Shop:
    """Create a throw-away tenant whose books start long before any day of the tests."""
    settings_of_tenant: dict[str, Any] = {
        "currency": "USD",
        "time_zone": "UTC",
        "strict_stores": False,
        "books_start": "2000-01-01",
    } | changes
    slug = f"t-{uuid.uuid4().hex[:12]}"
    tenant = setup.create_tenant(slug=slug, name="Test", actor="system:test", **settings_of_tenant)
    _, key = setup.create_api_key(slug=slug, scopes=SCOPES, actor="system:test", now=timezone.now())
    principal = authentication.authenticate(key)
    assert principal is not None
    return Shop(tenant, key, principal)


@pytest.fixture
def shop(books_to_check: BooksToCheck, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A throw-away tenant, whose books must be clean after the test, unless it is marked `cooks_the_books`."""
    shop = open_shop()
    yield shop
    if request.node.get_closest_marker("cooks_the_books") is None:
        books_to_check.add(shop.tenant.id, request.node.nodeid)


def connect(role: str | None) -> psycopg.Connection[Any]:
    """A connection of its own to the test database: as `role`, or as whoever logs in (the owner)."""
    connection.ensure_connection()
    parameters = dict(connection.get_connection_params())
    wanted = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
    options = f"-c role={role}" if role else ""
    raw: psycopg.Connection[Any] = psycopg.connect(**wanted, options=options)
    return raw


@pytest.fixture
def as_owner(books: None) -> Iterator[psycopg.Connection[Any]]:
    """Raw SQL as the owner of the tables: what the guards must withstand."""
    with connect(None) as raw:
        yield raw
        raw.rollback()


@pytest.fixture
def as_application(books: None) -> Iterator[psycopg.Connection[Any]]:
    """Raw SQL as the application role."""
    with connect(settings.APPLICATION_ROLE) as raw:
        yield raw
        raw.rollback()
