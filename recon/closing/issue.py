"""Use case: put accountant packs of closed days on record, then seal the audit trail and anchor its head."""

import logging
from functools import partial

from django.db.models import Q

from ledgersafe.audit import trail
from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from recon import packs
from recon.closing.calendar_lock import lock_calendar
from recon.models import DayClose, DayPack

logger = logging.getLogger(__name__)


def issue_packs(tenant_id: int, *, actor: str, close: DayClose | None = None) -> None:
    """Fingerprint every closed day's pack that is not on record yet, oldest day first. Safe to run twice.

    A pack is missing when its close was cut short between the two commits. A day nobody sold on gets one only on
    request, as `close`: the pack of the day it was closed with says the same.
    """
    wanting_a_pack = Q(covered_by=None) if close is None else Q(covered_by=None) | Q(pk=close.pk)
    closes = DayClose.objects.select_related("tenant", "period", "covered_by__tenant")
    closes = closes.filter(wanting_a_pack, tenant_id=tenant_id, packs=None)
    missing = list(closes.order_by("business_date"))
    for each in missing:
        # Made outside the transaction: it reads the whole day, and nothing of a sealed day changes meanwhile.
        retry_serialization(partial(_record_pack, each, packs.fingerprints(each), actor))
    try:
        if missing:
            seal_trail(tenant_id=tenant_id)
            anchor_head(missing[0].tenant)
    except Exception:  # the days are closed, whatever happens here; a job seals every minute
        logger.exception("The audit trail of %s could not be sealed after a close.", missing[0].tenant.slug)


def _record_pack(close: DayClose, files: dict[str, str], actor: str) -> None:
    """Record a pack's fingerprints, {file name: SHA-256 in hexadecimal}, unless another process already did."""
    with tenant_transaction(close.tenant_id):
        lock_calendar(close.tenant_id)
        if DayPack.objects.filter(tenant_id=close.tenant_id, close=close).exists():
            return
        sha256 = packs.fingerprint_of(files)
        DayPack.objects.create(tenant_id=close.tenant_id, close=close, sha256=sha256, files=files)
        trail.record(
            tenant_id=close.tenant_id,
            actor=actor,
            action="recon.pack.issued",
            object_type="business_day",
            object_id=close.business_date,
            after={"sha256": sha256, "files": files, "revision": close.revision},
        )
