"""Opening a closed day again: who may, what is refused, and what the next close leaves behind."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.decisions import NotesRequired
from ledger.balances import balances
from ledger.models import Period
from ledgersafe.audit.models import AuditEntry
from ledgersafe.values.errors import NotFound
from recon.closing import due
from recon.closing.queries import DayNotClosed, get_close, standing_close
from recon.closing.reopen import LaterDayClosed, ReopenedDay, reopen_day
from recon.models import DayClose
from recon.packs import pack
from tests.conftest import Shop, open_shop
from tests.recon.api.test_days import with_scopes
from tests.scenes.days import DAY, LATER, after, close, sell
from tests.scenes.staff import hire, signed_in

WHY = "Till 3 was counted twice."


def reopen(shop: Shop, day: object = DAY, reason: str = WHY) -> ReopenedDay:
    return reopen_day(tenant_id=shop.tenant.id, day=day, actor="user:sara", reason=reason)  # type: ignore[arg-type]


def files(done: DayClose) -> dict[str, bytes]:
    return {name: b"".join(pack.content(done, name)) for name in pack.NAMES}


def test_a_day_that_was_opened_again_takes_journals_and_is_closed_anew(shop: Shop) -> None:
    sell(shop, DAY)
    first = close(shop)
    done = reopen(shop)
    assert (done.record.actor, done.record.reason, done.superseded_sha256) == ("user:sara", WHY, first.pack.sha256)
    sell(shop, DAY, "evt-second")
    second = close(shop)
    assert (second.close.revision, second.close.pk == first.close.pk) == (2, False)
    assert shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND business_date = %s", DAY) == [(2,)]
    assert sum(row.balance_minor for row in balances.trial_balance(shop.tenant.id) if row.balance_minor > 0) == 8500
    kept = balances.snapshots_of(shop.tenant.id, DAY, revision=2)
    assert sorted(kept.values()) == [-7700, -800, 4000, 4500]


def test_both_packs_stay_the_same_byte_for_byte(shop: Shop) -> None:
    sell(shop, DAY)
    first = close(shop)
    issued = files(first.close)
    reopen(shop)
    sell(shop, DAY, "evt-second")
    second = close(shop)
    sell(shop, after(DAY))
    close(shop, after(DAY))
    old = get_close(shop.tenant.id, DAY, revision=1)
    assert files(old) == issued
    assert {name: hashlib.sha256(content).hexdigest() for name, content in issued.items()} == first.pack.files
    again = files(get_close(shop.tenant.id, DAY))
    assert {name: hashlib.sha256(content).hexdigest() for name, content in again.items()} == second.pack.files
    rows = list(csv.DictReader(io.StringIO(again["journals.csv"].decode())))
    assert {row["source_key"] for row in rows} == {"evt-2026-02-25", "evt-second"}


def test_the_old_pack_does_not_count_while_the_day_is_open(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    reopen(shop)
    assert standing_close(shop.tenant.id, DAY) is None
    with pytest.raises(DayNotClosed):
        get_close(shop.tenant.id, DAY)


def test_only_the_last_closed_day_is_opened_again(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    sell(shop, after(DAY, 2))
    close(shop, after(DAY, 2))
    with pytest.raises(LaterDayClosed, match=f"{after(DAY, 2)} is closed too") as refusal:
        reopen(shop)
    assert refusal.value.context == {"last_closed": str(after(DAY, 2))}
    for days in (2, 1, 0):
        reopen(shop, after(DAY, days))
    with pytest.raises(DayNotClosed):
        reopen(shop)
    with pytest.raises(NotFound):
        reopen(shop, after(DAY, -1))


@pytest.mark.parametrize("reason", ["", "  ", " . ", "\x00"])
def test_it_takes_a_reason(shop: Shop, reason: str) -> None:
    sell(shop, DAY)
    close(shop)
    with pytest.raises(NotesRequired):
        reopen(shop, reason=reason)
    assert standing_close(shop.tenant.id, DAY)


def test_the_audit_log_says_who_why_and_which_pack_counts_no_more(shop: Shop) -> None:
    sell(shop, DAY)
    done = close(shop)
    reopen(shop)
    entry = AuditEntry.objects.get(tenant=shop.tenant, action="recon.day.reopened")
    assert (entry.actor, entry.object_id, entry.notes) == ("user:sara", "2026-02-25", WHY)
    assert entry.before is not None
    assert entry.before["pack_sha256"] == done.pack.sha256


def test_a_balance_as_of_an_instant_between_the_closes_is_what_was_recorded_then(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    between = timezone.now()
    reopen(shop)
    sell(shop, DAY, "evt-second")
    close(shop)
    (drawer,) = (row[0] for row in shop.rows("SELECT code FROM accounts WHERE tenant_id = %s AND role = 'DRAWER'"))
    then = balances.balance(shop.tenant.id, drawer, as_of=between)
    now = balances.balance(shop.tenant.id, drawer)
    assert then is not None
    assert now is not None
    assert (then.balance_minor * 2, now.balance_minor) == (now.balance_minor, 4000)


def test_processes_that_remember_the_day_as_closed_learn_at_once(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    assert sell(shop, DAY, "evt-late").json()["reason_code"] == "LATE_EVENT_OUTSIDE_WINDOW"
    reopen(shop)
    assert sell(shop, DAY, "evt-on-time").json()["result"] == "processed"


def test_the_clock_closes_neither_it_nor_a_day_after_it(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    reopen(shop)
    sell(shop, after(DAY))
    assert due.close_due_days(shop.tenant, actor="system:test", now=LATER, grace=timedelta(0)) == []
    close(shop)
    assert due.close_due_days(shop.tenant, actor="system:test", now=LATER, grace=timedelta(0)) == [after(DAY)]


# ── On the API, the command line and in the back office ─────────────────────────────────────────
def test_the_api_reopens_for_keys_with_admin_alone(shop: Shop) -> None:
    sell(shop, DAY)
    sha256 = shop.post(f"/v1/periods/{DAY}/close", {}).json()["pack"]["sha256"]
    plain = with_scopes(shop, "ledger:write", "ledger:read")
    assert shop.post(f"/v1/periods/{DAY}/reopen", {"reason": WHY}, **plain).status_code == 403
    assert shop.post(f"/v1/periods/{DAY}/reopen", {}).json()["code"] == "NOTES_REQUIRED"
    assert shop.post(f"/v1/periods/{DAY}/reopen", {"reason": 7}).status_code == 400
    told = shop.post(f"/v1/periods/{DAY}/reopen", {"reason": WHY}).json()
    assert (told["status"], told["reason"], told["superseded_pack"]) == ("open", WHY, sha256)
    board = shop.get(f"/v1/periods/{DAY}/readiness").json()
    assert (board["state"], board["reopened"]["reason"]) == ("ready", WHY)
    assert shop.post(f"/v1/periods/{DAY}/reopen", {"reason": WHY}).json()["code"] == "DAY_NOT_CLOSED"
    assert shop.post(f"/v1/periods/{DAY}/close", {}).json()["revision"] == 2
    (item,) = shop.get("/v1/periods").json()["items"]
    assert (item["status"], item["revision"], item["reopened_at"] is None) == ("closed", 2, False)


def test_the_api_serves_every_issue_of_the_pack(shop: Shop) -> None:
    sell(shop, DAY)
    close(shop)
    reopen(shop)
    url = f"/v1/periods/{DAY}/pack/journals.csv"
    assert shop.get(url).json()["code"] == "DAY_NOT_CLOSED"
    close(shop)
    names = [shop.get(url, **query).headers["Content-Disposition"] for query in ({}, {"revision": "1"})]
    assert names == [f'attachment; filename="{shop.slug}-2026-02-25{x}-journals.csv"' for x in ("-issue-2", "")]
    assert shop.get(url, revision="3").status_code == 409
    for revision in ("0", "x", "-1", "99999"):
        assert shop.get(url, revision=revision).status_code == 400


@pytest.mark.parametrize(("role", "status"), [("supervisor", 200), ("accountant", 403), ("operator", 403)])
def test_people_reopen_by_their_role(shop: Shop, role: str, status: int) -> None:
    sell(shop, DAY)
    close(shop)
    client = signed_in(hire(role, shop))
    answer = client.post(f"/v1/periods/{DAY}/reopen", {"reason": WHY}, content_type="application/json")
    assert answer.status_code == status


def test_another_tenants_day_is_absent(shop: Shop) -> None:
    other = open_shop()
    sell(other, DAY)
    close(other)
    assert shop.post(f"/v1/periods/{DAY}/reopen", {"reason": WHY}).status_code == 404
    assert standing_close(other.tenant.id, DAY)


def test_the_command_reopens_and_says_what_counts_no_more(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    sell(shop, DAY)
    done = close(shop)
    command = ["reopen_day", "--tenant", shop.slug, "--date", str(DAY)]
    call_command(*command, "--reason", WHY)
    told = capsys.readouterr().out
    assert "2026-02-25 is open again" in told
    assert done.pack.sha256 in told
    with pytest.raises(CommandError, match="is open") as refusal:
        call_command(*command, "--reason", WHY)
    assert refusal.value.returncode == 2


@pytest.fixture
def supervisor(shop: Shop) -> Client:
    return signed_in(hire("supervisor", shop))


def test_a_supervisor_reopens_on_the_page_of_the_day(shop: Shop, supervisor: Client) -> None:
    sell(shop, DAY)
    close(shop)
    day = Period.objects.get(tenant=shop.tenant)
    page, form = reverse("day-close", args=[day.pk]), reverse("day-reopen", args=[day.pk])
    assert form in supervisor.get(page).content.decode()
    assert form not in signed_in(hire("accountant", shop)).get(page).content.decode()
    assert "Superseded" not in supervisor.get(page).content.decode()
    assert "This field is required" in supervisor.post(form, {"reason": ""}).content.decode()
    assert supervisor.post(form, {"reason": WHY}).headers["Location"] == page
    shown = supervisor.get(page).content.decode()
    assert WHY in shown
    assert "Superseded" in shown
    assert supervisor.get(reverse("day-pack", args=[day.pk, "pack.html"]) + "?revision=1").status_code == 200


@pytest.mark.parametrize("role", ["operator", "accountant", "auditor"])
def test_others_cannot_even_see_the_form(shop: Shop, role: str) -> None:
    sell(shop, DAY)
    close(shop)
    form = reverse("day-reopen", args=[Period.objects.get(tenant=shop.tenant).pk])
    client = signed_in(hire(role, shop))
    assert (client.get(form).status_code, client.post(form, {"reason": WHY}).status_code) == (403, 403)
    assert standing_close(shop.tenant.id, DAY)
