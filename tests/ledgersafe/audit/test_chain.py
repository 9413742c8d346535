"""Sealing the audit trail: what goes into which block, what a hash covers, who waits for whom."""

import hashlib
import json
from datetime import UTC
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.utils import timezone
from pytest_django import Settings

from ledgersafe import tasks
from ledgersafe.audit import sealing
from ledgersafe.audit.models import AuditBlock, AuditEntry, AuditSeal
from ledgersafe.audit.queries import chain_state, sealed_block_of
from ledgersafe.audit.sealing import SealedBlock, seal_trail
from tests.conftest import Shop, connect, open_shop
from tests.scenes.attacks import assert_refused_by
from tests.scenes.audit_trail import note, seal

Raw = psycopg.Connection[Any]
INSERT = """
INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id, before, notes)
VALUES (%(tenant)s, {at}, 'system:test', 'tests.thing.noted', 'thing', %(object)s, {before}, %(notes)s) RETURNING id
"""


@pytest.fixture(autouse=True)
def anchor_file(settings: Settings, tmp_path: Any) -> None:
    """Anchors of this test alone."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")


def insert(raw: Raw, shop: Shop, *, at: str = "now()", before: str = "NULL", object: str = "o", notes: str = "") -> int:  # noqa: A002
    """An entry by raw SQL; not committed."""
    values = {"tenant": shop.tenant.id, "object": object, "notes": notes}
    row = raw.execute(INSERT.format(at=at, before=before).encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def blocks(shop: Shop) -> list[AuditBlock]:
    return list(AuditBlock.objects.filter(tenant=shop.tenant).order_by("number"))


# ── What goes into which block ──────────────────────────────────────────────────────────────────
def test_a_block_seals_everything_committed(shop: Shop) -> None:
    ids = note(shop, "one", "two")
    block = seal(shop)
    assert (block.number, block.entries) == (1, 4)
    assert sealed_block_of(ids) == dict.fromkeys(ids, 1)


def test_nothing_new_makes_no_block(shop: Shop) -> None:
    seal(shop)
    assert seal_trail(tenant_id=shop.tenant.id) is None
    assert seal_trail(tenant_id=shop.tenant.id, everything=True) is None
    assert len(blocks(shop)) == 1


def test_each_block_carries_the_hash_of_the_one_before(shop: Shop) -> None:
    hashes = []
    for text in ("one", "two", "three"):
        note(shop, text)
        hashes.append(seal(shop).sha256)
    sealed = blocks(shop)
    assert [block.number for block in sealed] == [1, 2, 3]
    assert [bytes(block.block_sha256).hex() for block in sealed] == hashes
    assert [bytes(block.previous_sha256).hex() for block in sealed] == ["00" * 32, *hashes[:2]]
    assert [block.chain_length for block in sealed] == [3, 4, 5]


def test_a_lower_id_that_commits_late_goes_into_the_next_block(shop: Shop) -> None:
    with connect(configured.APPLICATION_ROLE) as slow:
        late = insert(slow, shop)
        (early,) = note(shop, "committed first")
        assert late < early
        first = seal(shop)
        assert late not in sealed_block_of([late])
        slow.commit()
    second = seal(shop)
    assert (first.number, second.number, second.entries) == (1, 2, 1)
    assert sealed_block_of([late, early]) == {late: 2, early: 1}


def test_an_entry_that_was_rolled_back_leaves_no_trace(shop: Shop) -> None:
    with connect(configured.APPLICATION_ROLE) as failing:
        insert(failing, shop)
        failing.rollback()
    note(shop, "after the gap")
    assert seal(shop).entries == 3


@pytest.mark.cooks_the_books
def test_an_entry_committed_hours_late_is_found_by_the_daily_look(shop: Shop, as_owner: Raw) -> None:
    seal(shop)
    late = insert(as_owner, shop, at="now() - interval '2 hours'")
    as_owner.commit()
    assert seal_trail(tenant_id=shop.tenant.id) is None
    assert seal(shop, everything=True).number == 2
    assert sealed_block_of([late]) == {late: 2}


def test_tenants_have_chains_of_their_own(shop: Shop) -> None:
    other = open_shop()
    assert [seal(shop).number, seal(other).number] == [1, 1]
    assert bytes(blocks(shop)[0].block_sha256) != bytes(blocks(other)[0].block_sha256)


# ── What a hash covers ──────────────────────────────────────────────────────────────────────────
def test_anybody_can_recompute_an_entrys_hash(shop: Shop) -> None:
    """The definition, in another language: a JSON array, instants in UTC, before and after as jsonb spells them."""
    (entry_id,) = note(shop, "naïve “text” \\ € 🧾")
    seal(shop)
    entry = AuditEntry.objects.get(id=entry_id)
    at = entry.at.astimezone(UTC).replace(tzinfo=None).isoformat().rstrip("0").rstrip(".")
    after = '{"text": ' + json.dumps(entry.notes, ensure_ascii=False) + ', "amount": "1.00"}'
    who = [entry.actor, entry.action, entry.object_type, entry.object_id]
    row = ["audit.entry.v1", entry.id, entry.tenant_id, at, *who, None, after, entry.notes, entry.request_id]
    spelled = json.dumps(row, ensure_ascii=False).encode()
    assert bytes(AuditSeal.objects.get(entry=entry).sha256) == hashlib.sha256(spelled).digest()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
@pytest.mark.parametrize("style", ["ISO, DMY", "SQL, MDY", "German"])
def test_a_hash_does_not_depend_on_how_a_session_spells_instants(
    shop: Shop, as_owner: Raw, zone: str, style: str
) -> None:
    seal(shop)
    as_owner.execute(f"SET LOCAL TIME ZONE '{zone}'; SET LOCAL DateStyle = '{style}'".encode())
    differing = as_owner.execute(
        "SELECT count(*) FROM audit_seals s JOIN audit_log e ON e.id = s.entry_id JOIN audit_blocks b "
        "ON b.id = s.block_id WHERE s.tenant_id = %s AND (audit_entry_sha256_v1(e) <> s.sha256 "
        "OR audit_block_sha256_v1(b) <> b.block_sha256)",
        [shop.tenant.id],
    ).fetchone()
    assert differing == (0,)


TWINS = [("ab", "c", None), ("a", "bc", None), ('ab", "c', "", None), ("ab", "c", "null"), ("ab", "c", '"null"')]


def test_no_two_rows_spell_the_same(as_owner: Raw) -> None:
    """Fields that would run into each other without boundaries, and two kinds of nothing."""
    as_owner.execute("CREATE TEMP TABLE twins ON COMMIT DROP AS SELECT * FROM audit_log LIMIT 0")
    for actor, action, before in TWINS:
        as_owner.execute(
            "INSERT INTO twins (id, tenant_id, at, actor, action, object_type, object_id, before, notes, request_id) "
            "VALUES (1, 1, '2026-01-01Z', %s, %s, 'o', '1', %s::jsonb, '', '')",
            [actor, action, before],
        )
    hashes = "SELECT count(DISTINCT audit_entry_sha256_v1(ROW(t.*)::audit_log)) FROM twins t"
    assert as_owner.execute(hashes).fetchone() == (len(TWINS),)


@pytest.mark.parametrize("at", ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'294276-01-01'", "'1999-12-31'"])
def test_a_date_that_nobody_could_be_shown_is_refused(shop: Shop, as_application: Raw, at: str) -> None:
    with assert_refused_by("audit_log_instant_plausible"):
        insert(as_application, shop, at=at)


# ── Who waits for whom ──────────────────────────────────────────────────────────────────────────
def test_nobody_who_writes_waits_for_the_sealing(shop: Shop) -> None:
    with connect(configured.APPLICATION_ROLE) as sealer:
        sealer.execute("SELECT audit_seal_v1(%s, true)", [shop.tenant.id])
        with connect(configured.APPLICATION_ROLE) as writer:
            writer.execute("SET LOCAL lock_timeout = '1s'")
            insert(writer, shop)
            writer.commit()
        sealer.commit()
    assert seal(shop).number == 2


def test_the_sealing_waits_for_nobody_who_writes(shop: Shop) -> None:
    with connect(configured.APPLICATION_ROLE) as writer:
        insert(writer, shop)
        with connect(configured.APPLICATION_ROLE) as sealer:
            sealer.execute("SET LOCAL lock_timeout = '1s'")
            sealer.execute("SELECT audit_seal_v1(%s, true)", [shop.tenant.id])
            sealer.commit()
        writer.rollback()
    assert chain_state(shop.tenant.id).head_number == 1


# ── How far it is ───────────────────────────────────────────────────────────────────────────────
def test_the_state_of_a_chain_tells_how_far_it_is_sealed(shop: Shop) -> None:
    state = chain_state(shop.tenant.id)
    assert (state.head_number, state.sealed_entries, state.unsealed_entries, state.head_sha256) == (0, 0, 2, "")
    started = timezone.now()
    block = seal(shop)
    note(shop, "one", "two", "three")
    state = chain_state(shop.tenant.id)
    assert (state.head_number, state.sealed_entries, state.unsealed_entries) == (1, 2, 3)
    assert state.head_sha256 == block.sha256
    assert state.sealed_at is not None
    assert abs((state.sealed_at - started).total_seconds()) < 60


# ── The job ─────────────────────────────────────────────────────────────────────────────────────
def test_the_job_seals_and_anchors_every_trail(shop: Shop, settings: Settings) -> None:
    other = open_shop()
    tasks.seal_audit_trails()
    assert [chain_state(one.tenant.id).unsealed_entries for one in (shop, other)] == [0, 0]
    with open(settings.AUDIT_ANCHOR_FILE) as lines:
        assert {shop.slug, other.slug} <= {json.loads(line)["tenant"] for line in lines}
    scheduled = [entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()]
    assert scheduled.count(tasks.seal_audit_trails.name) == 2


def test_one_trail_that_cannot_be_sealed_stops_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = open_shop()

    def failing(*, tenant_id: int, everything: bool) -> SealedBlock | None:
        if tenant_id == shop.tenant.id:
            raise RuntimeError("no luck")
        return sealing.seal_trail(tenant_id=tenant_id, everything=everything)

    monkeypatch.setattr(tasks, "seal_trail", failing)
    tasks.seal_audit_trails()
    assert chain_state(shop.tenant.id).head_number == 0
    assert chain_state(other.tenant.id).head_number == 1
    assert f"The audit trail of tenant {shop.slug} could not be sealed." in caplog.text
