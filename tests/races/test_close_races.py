"""Closing a day while sales stream in: the snapshot equals the ledger in every interleaving."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from pytest_django import Settings

from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from pos.intake import Answer, receive_event
from recon.closing import blockers, close, queries
from recon.closing.days import DayPlan
from recon.closing.reopen import reopen_day
from recon.models import DayPack
from recon.packs import pack
from tests.conftest import Shop, connect
from tests.scenes.crowd import all_at_once

pytestmark = pytest.mark.xdist_group("races")


def test_no_sale_slips_into_a_day_after_its_snapshot(shop: Shop) -> None:
    now = timezone.now()
    yesterday = (now - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale("evt-first", occurred_at=yesterday.isoformat())).status_code == 201

    def selling(number: int) -> Callable[[], list[Answer]]:
        bodies = [
            json.dumps(shop.sale(f"evt-{number}-{n}", occurred_at=yesterday.isoformat())).encode() for n in range(10)
        ]
        return lambda: [
            receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now()) for body in bodies
        ]

    def closing() -> list[Answer]:
        time.sleep(0.05)
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, yesterday.date(), now=timezone.now())
        return []

    answers = [answer for one in all_at_once([*map(selling, range(12)), closing]) for answer in one]
    assert Counter(answer.status for answer in answers) == {201: 120}
    snapshots = shop.rows("SELECT account_id, balance_minor FROM balance_snapshots WHERE tenant_id = %s ORDER BY 1")
    ledger = shop.rows(
        "SELECT account_id, sum(amount_minor)::bigint FROM postings "
        "WHERE tenant_id = %s AND business_date = %s GROUP BY 1 ORDER BY 1",
        yesterday.date(),
    )
    assert snapshots == ledger
    late = shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND is_late")[0][0]
    on_time = shop.rows("SELECT count(*) FROM journals WHERE tenant_id = %s AND NOT is_late")[0][0]
    assert late + on_time == 121


def test_the_snapshot_equals_the_ledger_after_1400_unrelated_serializable_commits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    """So many that the server forgets who read what: the lock on the day must not depend on it."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    yesterday = (timezone.now() - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale("evt-first", occurred_at=yesterday.isoformat())).status_code == 201
    refuse_blocked, committed = blockers.refuse_blocked, threading.Event()

    def check(plan: DayPlan, *, now: datetime, force: bool) -> None:
        refuse_blocked(plan, now=now, force=force)
        assert committed.wait(120)

    monkeypatch.setattr(close, "refuse_blocked", check)

    def committing() -> None:
        # The one that stays open overlaps all the others, so that none of them can be forgotten in peace.
        with connect(None) as lasting, connect(None) as raw:
            for one in (lasting, raw):
                one.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
            lasting.execute("SELECT count(*) FROM periods WHERE tenant_id = %s", [shop.tenant.id])
            for _ in range(1_400):
                raw.execute("SELECT pg_current_xact_id(), count(*) FROM tenants WHERE id = %s", [shop.tenant.id])
                raw.commit()
            committed.set()

    def closing() -> None:
        close.close_day(tenant_id=shop.tenant.id, day=yesterday.date(), actor="user:anna", now=timezone.now())

    def selling(number: int) -> Callable[[], None]:
        bodies = [
            json.dumps(shop.sale(f"evt-{number}-{n}", occurred_at=yesterday.isoformat())).encode() for n in range(20)
        ]

        def sell() -> None:
            for body in bodies:
                answer = receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now())
                assert answer.status == 201

        return sell

    all_at_once([committing, closing, *map(selling, range(6))])
    kept = shop.rows(
        "SELECT account_id, balance_minor FROM balance_snapshots WHERE tenant_id = %s AND business_date = %s "
        "ORDER BY 1",
        yesterday.date(),
    )
    ledger = shop.rows(
        "SELECT account_id, sum(amount_minor)::bigint FROM postings "
        "WHERE tenant_id = %s AND business_date <= %s GROUP BY 1 ORDER BY 1",
        yesterday.date(),
    )
    assert kept == ledger
    assert shop.number("journals") == 121


def test_closers_at_once_close_once(shop: Shop, settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    yesterday = (timezone.now() - timedelta(days=1)).replace(hour=12)
    assert shop.send(shop.sale(occurred_at=yesterday.isoformat())).status_code == 201

    def closing(number: int) -> Callable[[], tuple[int, int]]:
        def once() -> tuple[int, int]:
            actor = f"user:{number}"
            done = close.close_day(tenant_id=shop.tenant.id, day=yesterday.date(), actor=actor, now=timezone.now())
            return done.close.pk, done.pack.pk

        return once

    assert len(set(all_at_once(list(map(closing, range(8)))))) == 1
    assert (shop.number("day_closes"), shop.number("day_packs")) == (1, 1)
    entries = "SELECT count(*) FROM audit_log WHERE tenant_id = %s AND object_type = 'business_day'"
    assert shop.rows(entries) == [(2,)]


def test_a_day_opened_again_while_sales_stream_in_keeps_both_packs_true(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    yesterday = (timezone.now() - timedelta(days=1)).replace(hour=12)
    day = yesterday.date()
    assert shop.send(shop.sale("evt-first", occurred_at=yesterday.isoformat())).status_code == 201
    first = close.close_day(tenant_id=shop.tenant.id, day=day, actor="user:anna", now=timezone.now())

    def selling(number: int) -> Callable[[], list[Answer]]:
        bodies = [
            json.dumps(shop.sale(f"evt-{number}-{n}", occurred_at=yesterday.isoformat())).encode() for n in range(12)
        ]
        return lambda: [
            receive_event(principal=shop.principal, body=body, headers={}, now=timezone.now()) for body in bodies
        ]

    def reopening() -> list[Answer]:
        for reason in ("Once.", "Twice."):
            time.sleep(0.05)
            reopen_day(tenant_id=shop.tenant.id, day=day, actor="user:sara", reason=reason)
            time.sleep(0.05)
            close.close_day(tenant_id=shop.tenant.id, day=day, actor="user:anna", now=timezone.now())
        return []

    answers = [answer for one in all_at_once([*map(selling, range(6)), reopening]) for answer in one]
    assert Counter(answer.status for answer in answers) == {201: 72}
    closes = list(queries.get_closes(shop.tenant.id, day))
    assert [one.revision for one in closes] == [3, 2, 1]
    for one in closes:
        assert pack.fingerprints(one) == DayPack.objects.get(close=one).files
    assert pack.fingerprints(queries.get_close(shop.tenant.id, day, revision=1)) == first.pack.files
