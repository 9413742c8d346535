"""Read and lock held cases with their keys, versions and journals; few statements for any number of cases.

Keys are locked before cases, in the order ingest uses, so that neither deadlocks with the other. While they are locked
no new version can join a case, and two people who decide at once come one after the other.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from exceptions.cases import lock_cases
from exceptions.models import ExceptionCase
from ledger.models import Journal
from ledgersafe.postgres.db import require_transaction
from pos.models import Disposition, EventKey, EventVersion, KeyStatus, RawEvent

#: One index look-up per name, in name order (lock order); given a list, Postgres may filter all keys of the tenant.
_LOCKED_KEYS: Final = """
SELECT k.* FROM (SELECT DISTINCT name FROM unnest(%s::text[]) AS x(name) ORDER BY name) n
CROSS JOIN LATERAL (
    SELECT * FROM events_processed WHERE tenant_id = %s AND idempotency_key = n.name FOR UPDATE) k
"""


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case with its key, the key's versions in order of arrival, and its journals without reversals."""

    case: ExceptionCase
    key: EventKey
    versions: Sequence[EventVersion]
    journals: Sequence[Journal]

    @property
    def known(self) -> dict[bytes, int]:
        """Raw ids by fingerprint of every version that arrived, the first version first; patched ones never arrived."""
        raw_ids = {bytes(self.key.payload_hash_first): self.key.first_raw_id}
        for version in self.versions:
            if version.patched_body is None:
                raw_ids.setdefault(bytes(version.payload_hash), version.first_raw_id)
        return raw_ids

    @property
    def dispositions(self) -> dict[bytes, str]:
        """Dispositions by fingerprint, patched versions included. The first version has no row before a decision."""
        first = bytes(self.key.payload_hash_first)
        stands = self.key.status == KeyStatus.PROCESSED and bytes(self.key.effective_hash or b"") == first
        of_first: dict[bytes, str] = {first: Disposition.EFFECTIVE if stands else Disposition.HELD}
        return of_first | {bytes(version.payload_hash): version.disposition for version in self.versions}

    @property
    def effective_journal(self) -> Journal | None:
        """The journal now in effect for this event, or None."""
        return next((journal for journal in self.journals if journal.id == self.key.journal_id), None)


def lock_held(tenant_id: int, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, HeldCase]:
    """Lock the cases that exist, with their keys, until commit; operation. They may no longer be open."""
    require_transaction()
    rows = ExceptionCase.objects.filter(tenant_id=tenant_id, id__in=case_ids)
    names = list(rows.values_list("idempotency_key", flat=True))
    keys = list(EventKey.objects.raw(_LOCKED_KEYS, [names, tenant_id]))
    return _assemble(tenant_id, lock_cases(tenant_id, case_ids).values(), keys)


def read_held(case: ExceptionCase) -> HeldCase | None:
    """Read one case without locks, for display. None when its key is gone."""
    keys = list(EventKey.objects.filter(tenant_id=case.tenant_id, idempotency_key=case.idempotency_key))
    return _assemble(case.tenant_id, [case], keys).get(case.id)


def read_arrivals(tenant_id: int, raw_ids: Collection[int]) -> dict[int, RawEvent]:
    """Read arrivals by raw id, with their bytes; HTTP headers are deferred, as decisions do not use them."""
    rows = RawEvent.objects.filter(tenant_id=tenant_id, id__in=raw_ids).defer("headers")
    return {row.id: row for row in rows}


def arrivals_of_other_stores(tenant_id: int, raw_ids: Collection[int], store_code: str) -> set[int]:
    """Return the raw ids among these whose store is another one, or could not be read."""
    rows = RawEvent.objects.filter(tenant_id=tenant_id, id__in=raw_ids)
    return set(raw_ids) - set(rows.filter(store_code=store_code).values_list("id", flat=True))


def _assemble(tenant_id: int, cases: Iterable[ExceptionCase], keys: Sequence[EventKey]) -> dict[uuid.UUID, HeldCase]:
    by_name = {key.idempotency_key: key for key in keys}
    versions: dict[int, list[EventVersion]] = defaultdict(list)
    for version in EventVersion.objects.filter(tenant_id=tenant_id, event_key__in=keys).order_by("id"):
        versions[version.event_key_id].append(version)
    journals: dict[str, list[Journal]] = defaultdict(list)
    # Only keys that may have journals are queried: most keys of a bulk replay were never posted.
    posted = [key.idempotency_key for key in keys if key.processed_at is not None or versions[key.id]]
    if posted:
        rows = Journal.objects.filter(tenant_id=tenant_id, source="event", source_key__in=posted, reverses__isnull=True)
        for journal in rows.order_by("revision"):
            journals[journal.source_key].append(journal)
    return {
        case.id: HeldCase(case, key, versions[key.id], journals[key.idempotency_key])
        for case in cases
        if (key := by_name.get(case.idempotency_key)) is not None
    }
