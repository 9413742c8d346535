"""The back office is a read-only window: every page opens, and nothing can be changed by URL or forged POST."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from ledgersafe.idempotency import rows
from ledgersafe.idempotency.stored_answers import Answer, Command
from ledgersafe.postgres.db import tenant_transaction
from pos.decisions import replay_jobs
from tests.conftest import Shop
from tests.scenes.drawers import open_drawer
from tests.scenes.fx import open_banks, quote, settle

OURS = [model for model, shown in admin.site._registry.items() if isinstance(shown, ReadOnlyModelAdmin)]


@pytest.fixture
def back_office(shop: Shop) -> Iterator[Client]:
    """A signed-in superuser, and a shop with something of everything in it."""
    for event in (shop.sale(), shop.sale(total_amount=43), shop.sale("evt-2", event_type="MAGIC"), b'{"broken'):
        shop.send(event)
    shop.send(shop.sale("evt-3", metadata={"note": "<script>alert(1)</script>"}))
    replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Looked at.",
        actor="system:test",
        may_approve=False,
        now=timezone.now(),
    )
    answer_a_command(shop)
    open_drawer(shop)
    open_banks(shop)
    quote(shop)
    assert settle(shop).status_code == 201
    client = Client()
    user = User.objects.create_superuser(f"boss-{shop.slug}", password="x")
    client.force_login(user)
    yield client
    user.delete()


def answer_a_command(shop: Shop) -> None:
    """As a money command that was refused for good leaves it."""
    command = Command(shop.tenant.id, shop.principal.identity, shop.principal.actor, "k", "POST /v1/x", b"f" * 32)
    with tenant_transaction(shop.tenant.id):
        rows.keep(command, Answer(422, "application/problem+json", b'{"detail": "<script>alert(1)</script>"}'))


def test_there_is_something_to_look_at() -> None:
    assert len(OURS) >= 12


def test_its_first_page_tells_what_waits(back_office: Client) -> None:
    page = back_office.get("/admin/").content.decode()
    assert "Needs a decision" in page
    assert "IDEMPOTENCY_CONFLICT" in page


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_page_opens_and_none_changes_anything(back_office: Client, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert back_office.get(reverse(f"{name}_changelist")).status_code == 200
    row = model._default_manager.order_by("-pk").first()
    assert row is not None
    change = reverse(f"{name}_change", args=[row.pk])
    assert back_office.get(change, follow=True).status_code == 200
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert back_office.post(change, {"slug": "stolen", "status": "closed"}).status_code == 403
    assert back_office.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert back_office.post(reverse(f"{name}_add"), {}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_nobody_gets_in_without_signing_in(books: None, model: type[Model]) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_a_payload_full_of_markup_is_shown_inert(back_office: Client, shop: Shop) -> None:
    raw_id = shop.rows("SELECT id FROM events_raw WHERE tenant_id = %s AND event_id = 'evt-3'")[0][0]
    page = back_office.get(f"/admin/pos/rawevent/{raw_id}/change/").content.decode()
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_secret_of_a_key_is_nowhere(back_office: Client, shop: Shop) -> None:
    page = back_office.get(f"/admin/tenants/apikey/{shop.principal.api_key_id}/change/").content.decode()
    assert shop.principal.prefix in page
    assert shop.key.split("_", 2)[2] not in page
    assert "secret" not in page.lower()


def test_staff_see_the_health_of_all_tenants(back_office: Client, shop: Shop) -> None:
    mine = shop.get("/v1/health").json()["counts"]["events_raw"]
    everybody = back_office.get("/v1/health").json()["counts"]["events_raw"]
    assert everybody >= mine == 5
