"""Bulk replays in the back office: who sees them, and how far they have come."""

from django.urls import reverse
from django.utils import timezone

from ledgersafe.tenants.models import Tenant
from pos.decisions import replay_jobs
from pos.models import ReplayJob
from tests.conftest import Shop, open_shop
from tests.scenes.desk import signed_in


def job_of(shop: Shop, cases: int = 3) -> ReplayJob:
    tenant = Tenant.objects.filter(pk=shop.tenant.id)
    tenant.update(enabled_event_types=["NO_SALE"])
    for number in range(cases):
        shop.send(shop.sale(f"evt-{number}"))
    tenant.update(enabled_event_types=["SALE"])
    return replay_jobs.request_replay(
        tenant_id=shop.tenant.id,
        reason_code="UNKNOWN_EVENT_TYPE",
        notes="Switched on.",
        actor="user:anna",
        may_approve=False,
        now=timezone.now(),
    )


def test_progress_is_asked_for_until_the_job_is_done(shop: Shop) -> None:
    job = job_of(shop)
    url = reverse("admin:pos_replayjob_progress", args=[job.pk])
    with signed_in(shop, role="Supervisor") as client:
        waiting = client.get(url)
        assert waiting.status_code == 200
        assert "Waiting for a worker" in waiting.content.decode()

        replay_jobs.run_replay(job_id=job.pk)

        done = client.get(url)
        assert done.status_code == 286
        assert "Done" in done.content.decode()
        page = client.get(reverse("admin:pos_replayjob_change", args=[job.pk])).content.decode()
        assert url in page
        listed = client.get(reverse("admin:pos_replayjob_changelist")).content.decode()
        assert "3 of 3" in listed


def test_another_tenants_job_answers_as_an_absent_one(shop: Shop) -> None:
    foreign = job_of(open_shop(), cases=1)
    with signed_in(shop, role="Supervisor") as client:
        assert client.get(reverse("admin:pos_replayjob_progress", args=[foreign.pk])).status_code == 404
        assert "UNKNOWN_EVENT_TYPE" not in client.get(reverse("admin:pos_replayjob_changelist")).content.decode()


def test_starting_a_replay_leads_to_its_progress(shop: Shop) -> None:
    job_of(shop)
    fields = {"do": "replay_reason", "tenant": shop.slug, "reason": "UNKNOWN_EVENT_TYPE", "replay_notes": "Again."}
    with signed_in(shop, role="Supervisor") as client:
        answer = client.post(reverse("admin:exceptions_bulk"), fields)
    newest = ReplayJob.objects.filter(tenant_id=shop.tenant.id).latest("id")
    assert answer.headers["Location"] == reverse("admin:pos_replayjob_change", args=[newest.pk])
