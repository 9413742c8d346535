"""The memory a process has of a tenant, so that an ordinary event needs one round trip.

Settings, stores, registers, account ids and open days: small, bounded, forgotten after `DIRECTORY_TTL_SECONDS`.
Memory only saves look-ups. The posting statement checks the tenant's version and the key, the guards check accounts
and days; where memory turns out to be out of date, it is forgotten and the transaction is run again.
"""

import threading
import time as clock
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, TypeAlias

from django.conf import settings
from django.db.models import Exists, F, OuterRef

from ledger.accounts import AccountRef
from ledger.periods import periods
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.zones import own_zones
from pos.models import EventKey, EventWait, KeyStatus
from pos.rules import PostingSettings

#: Bounds of memory: tenants kept (the oldest is dropped), and a tenant's accounts and places (all are dropped).
_TENANTS: Final = 256
_ENTRIES: Final = 50_000

#: (store code, register code); a pair without register is the store.
Place: TypeAlias = tuple[str, str | None]


@dataclass(slots=True)
class TenantMemory:
    """A tenant as this process knows it.

    Sets only grow, and only with committed rows: what a transaction opens may yet be rolled back.
    """

    tenant_id: int
    version: int
    base_currency: str
    time_zone: str
    cut_off: time
    late_window_days: int
    books_start: date
    enabled_event_types: frozenset[str]
    strict_stores: bool
    four_eyes_limit_minor: int | None
    closed_through: date | None
    expires_at: float
    #: Time zones by store code, of the stores in another zone than the tenant's.
    zones: dict[str, str] = field(default_factory=dict)
    #: Sales of the same basket are held within so many seconds; 0: never.
    near_duplicate_seconds: int = 0
    #: Whether some held event waits for its original, so that every posting has to look for it.
    has_waits: bool = False
    #: (store, register) pairs that exist; a pair without register stands for the store.
    places: set[Place] = field(default_factory=set)
    account_ids: dict[AccountRef, int] = field(default_factory=dict)
    open_days: set[date] = field(default_factory=set)

    @property
    def facts(self) -> PostingSettings:
        """The settings the posting rules depend on."""
        return PostingSettings(
            enabled_event_types=self.enabled_event_types,
            time_zone=self.time_zone,
            cut_off=self.cut_off,
            late_window_days=self.late_window_days,
            books_start=self.books_start,
            closed_through=self.closed_through,
            zones=self.zones,
        )

    def zone_of(self, store_code: str) -> str:
        """Return the time zone of a store."""
        return self.zones.get(store_code, self.time_zone)

    def remember(self, places: Collection[Place], ids: dict[AccountRef, int], days: Collection[date]) -> None:
        """Remember rows a transaction found or opened; to be called after its commit."""
        if len(self.account_ids) + len(self.places) > _ENTRIES:
            self.account_ids.clear()
            self.places.clear()
        self.places.update(places)
        self.account_ids.update(ids)
        self.open_days.update(days)


_lock = threading.Lock()
_known: OrderedDict[int, TenantMemory] = OrderedDict()


def memory_of(tenant_id: int) -> TenantMemory:
    """Return the memory of a tenant: this process's, or read now (four statements)."""
    memory = _known.get(tenant_id)
    if memory is not None and memory.expires_at > clock.monotonic():
        return memory
    memory = _read(tenant_id)
    with _lock:
        _known[tenant_id] = memory
        _known.move_to_end(tenant_id)
        while len(_known) > _TENANTS:
            _known.popitem(last=False)
    return memory


def read_anew(tenant_id: int) -> TenantMemory:
    """Read a tenant as the database has it now: for decisions, which are rare and must not rest on memory.

    The process's own memory stays for ingest, unless it is out of date: a decision adds no rows to it.
    """
    memory = _read(tenant_id)
    with _lock:
        own = _known.get(tenant_id)
        if own is not None:
            if (own.version, own.closed_through) == (memory.version, memory.closed_through):
                own.has_waits |= memory.has_waits
            else:
                del _known[tenant_id]
    return memory


def forget(tenant_id: int) -> None:
    """Drop the memory of a tenant that turned out to be out of date."""
    with _lock:
        _known.pop(tenant_id, None)


def _read(tenant_id: int) -> TenantMemory:
    tenant = Tenant.objects.get(pk=tenant_id)
    return TenantMemory(
        tenant_id=tenant_id,
        version=tenant.version,
        base_currency=tenant.base_currency,
        time_zone=tenant.time_zone,
        cut_off=time(tenant.cut_off_hour, tenant.cut_off_minute),
        late_window_days=tenant.late_window_days,
        books_start=tenant.books_start,
        enabled_event_types=frozenset(tenant.enabled_event_types),
        strict_stores=tenant.strict_stores,
        four_eyes_limit_minor=tenant.four_eyes_limit_minor,
        closed_through=periods.last_closed_date(tenant_id),
        expires_at=clock.monotonic() + settings.DIRECTORY_TTL_SECONDS,
        zones=own_zones(tenant),
        near_duplicate_seconds=tenant.near_duplicate_seconds,
        has_waits=_has_waits(tenant_id),
    )


def _has_waits(tenant_id: int) -> bool:
    held_keys = EventKey.objects.filter(
        tenant_id=tenant_id, idempotency_key=OuterRef("event_key"), status=KeyStatus.QUARANTINED
    )
    return EventWait.objects.filter(Exists(held_keys), tenant_id=tenant_id).exists()


def announce_waits(memory: TenantMemory) -> None:
    """Have every process that posts for the tenant look for waiting events from now on; operation.

    The last statement of its transaction: it locks the tenant's row until the commit. Only the first wait counts the
    tenant's version up. A sale that is posted at the same moment may miss the wait; the sweeper makes up for that.
    """
    if not memory.has_waits:
        Tenant.objects.filter(pk=memory.tenant_id).update(version=F("version"))
