"""What a process remembers of a tenant, so that an ordinary event needs one round trip.

Settings, stores, registers, account ids and open days: small, bounded, forgotten after `DIRECTORY_TTL_SECONDS`.
Everything here only saves a look-up. The posting statement checks the tenant's version and the key, the guards check
accounts and days; when memory turns out wrong the transaction is run again with fresh knowledge.
"""

import threading
import time as clock
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, TypeAlias

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from ledger.accounts.chart import AccountRef
from ledger.periods import periods
from ledgersafe.postgres.db import StaleMemory, as_jsonb, call
from ledgersafe.tenants.models import Register, Store, Tenant
from ledgersafe.tenants.zones import own_zones, use_zones
from pos.models import EventKey, EventWait, KeyStatus
from pos.rules.business_day import PostingSettings

_TENANTS: Final = 256
_ENTRIES: Final = 50_000

#: (store, register); without register it is the store.
Place: TypeAlias = tuple[str, str | None]


@dataclass(slots=True)
class TenantMemory:
    """One tenant as this process knows it. Sets only grow; only committed facts enter them."""

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
    #: By code, of the stores in another time zone than the tenant's.
    zones: dict[str, str] = field(default_factory=dict)
    #: Within how many seconds a sale of the same basket is held; 0: never.
    near_duplicate_seconds: int = 0
    #: Whether some event waits for the one it is about, so that whoever posts has to look who.
    has_waits: bool = False
    #: (store, register) pairs that exist; a pair without register stands for the store.
    places: set[Place] = field(default_factory=set)
    account_ids: dict[AccountRef, int] = field(default_factory=dict)
    open_days: set[date] = field(default_factory=set)

    @property
    def facts(self) -> PostingSettings:
        """What the rules ask of a tenant."""
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
        """The time zone of a store."""
        return self.zones.get(store_code, self.time_zone)

    def remember(self, places: Collection[Place], ids: dict[AccountRef, int], days: Collection[date]) -> None:
        """After commit: what the transaction found or created is known from now on."""
        if len(self.account_ids) + len(self.places) > _ENTRIES:
            self.account_ids.clear()
            self.places.clear()
        self.places.update(places)
        self.account_ids.update(ids)
        self.open_days.update(days)


_lock = threading.Lock()
_known: OrderedDict[int, TenantMemory] = OrderedDict()


def memory_of(tenant_id: int) -> TenantMemory:
    """The directory of a tenant: remembered, or read now (four statements)."""
    directory = _known.get(tenant_id)
    if directory is not None and directory.expires_at > clock.monotonic():
        return directory
    directory = _read(tenant_id)
    with _lock:
        _known[tenant_id] = directory
        _known.move_to_end(tenant_id)
        while len(_known) > _TENANTS:
            _known.popitem(last=False)
    return directory


def read_anew(tenant_id: int) -> TenantMemory:
    """The directory as the database has it now: for decisions, which are rare and must not rest on memory.

    What is remembered besides stays remembered for ingest, unless it is out of date: a decision learns nothing of it.
    """
    directory = _read(tenant_id)
    with _lock:
        remembered = _known.get(tenant_id)
        if remembered is not None:
            if (remembered.version, remembered.closed_through) == (directory.version, directory.closed_through):
                remembered.has_waits |= directory.has_waits
            else:
                del _known[tenant_id]
    return directory


def forget(tenant_id: int) -> None:
    """What is remembered of this tenant turned out to be out of date."""
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
    held = EventKey.objects.filter(
        tenant_id=tenant_id, idempotency_key=OuterRef("event_key"), status=KeyStatus.QUARANTINED
    )
    return EventWait.objects.filter(Exists(held), tenant_id=tenant_id).exists()


def tell_of_waits(directory: TenantMemory) -> None:
    """From now on every process that posts for the tenant looks who waits; operation, the last of its transaction.

    The first wait counts the tenant's version up, those after it nothing. Whoever posts at the same moment may miss it:
    the sweeper makes up for that.
    """
    if not directory.has_waits:
        Tenant.objects.filter(pk=directory.tenant_id).update(version=F("version"))


@dataclass(slots=True)
class KnownRows:
    """Stores, registers, open days and accounts that there are, as one transaction knows them."""

    places: set[Place] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    account_ids: dict[AccountRef, int] = field(default_factory=dict)


def find(
    directory: TenantMemory,
    known: KnownRows,
    places: Collection[Place],
    days: Collection[date] = (),
    refs: Collection[AccountRef] = (),
) -> None:
    """Add to `known` what there is of these: what is remembered, and what else the database has; operation.

    One statement, or none. The stores that are read keep their time zones from now on.
    :raises StaleDirectory: a time zone is another than the one remembered.
    """
    known.places |= directory.places.intersection(places)
    known.days |= directory.open_days.intersection(days)
    # Taken out one by one: another thread may clear what is remembered at any moment.
    known.account_ids |= {ref: account_id for ref in refs if (account_id := directory.account_ids.get(ref))}
    missing = [place for place in places if place not in known.places]
    unknown = [ref for ref in refs if ref not in known.account_ids]
    asked = {
        "places": missing,
        "days": [day.isoformat() for day in days if day not in known.days],
        "accounts": [tuple(ref) for ref in unknown],
    }
    if not any(asked.values()):
        return
    told = call("pos_known_v1", directory.tenant_id, as_jsonb(asked))
    _refuse_other_zones(directory, {code: zone for code, zone, is_fixed in told["stores"] if is_fixed})
    if unfixed := [code for code, _, is_fixed in told["stores"] if not is_fixed]:
        _used(directory, unfixed)
    there: set[Place] = {(code, None) for code, _, _ in told["stores"]}
    there.update((store, register) for store, register in told["registers"])
    known.places |= there.intersection(missing)
    known.days |= {date.fromisoformat(day) for day in told["days"]}
    known.account_ids |= {unknown[place - 1]: account_id for place, account_id in told["accounts"]}


def register_places(directory: TenantMemory, wanted: Collection[Place]) -> None:
    """Register stores and registers by their first event; operation. In code order, as accounts are.

    :raises StaleDirectory: somebody was first, and gave a store a time zone.
    """
    codes = sorted({store for store, _ in wanted})
    now = timezone.now()
    Store.objects.bulk_create(
        [Store(tenant_id=directory.tenant_id, code=code, time_zone_fixed_at=now) for code in codes],
        ignore_conflicts=True,
    )
    stores = _used(directory, codes)
    Register.objects.bulk_create(
        [
            Register(tenant_id=directory.tenant_id, store_id=stores[store].pk, code=register)
            for store, register in sorted((store, register) for store, register in wanted if register is not None)
        ],
        ignore_conflicts=True,
    )


def _used(directory: TenantMemory, codes: Collection[str]) -> dict[str, Store]:
    """The stores of these codes, whose time zones are those the plans were made by."""
    stores = use_zones(directory.tenant_id, codes)
    _refuse_other_zones(directory, {code: store.time_zone for code, store in stores.items()})
    return stores


def _refuse_other_zones(directory: TenantMemory, zones: Mapping[str, str]) -> None:
    """:raises StaleDirectory: of these stores one has another time zone than is remembered."""
    if any((zone or directory.time_zone) != directory.zone_of(code) for code, zone in zones.items()):
        forget(directory.tenant_id)
        raise StaleMemory
