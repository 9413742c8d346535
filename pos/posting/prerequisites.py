"""What has to be there before journals are posted: stores, registers, business days, accounts. Found, or opened.

Operations of a use case's transaction: first `find`, then, once a strict tenant's unknown places are held,
`open_missing`. Everything is opened in a fixed order, so that two transactions that open the same never wait for
each other crosswise.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.utils import timezone

from ledger.accounts import AccountRef, opening
from ledger.periods import periods
from ledgersafe.postgres.db import StaleMemory, as_jsonb, call
from ledgersafe.tenants.models import Register, Store
from ledgersafe.tenants.zones import use_zones
from pos.posting.tenant_memory import Place, TenantMemory, forget
from pos.rules import Post


class Prerequisites(NamedTuple):
    """Stores (a pair without register) and registers, business days and accounts that postings need."""

    places: set[Place]
    days: set[date]
    accounts: set[AccountRef]


def prerequisites_of(posts: Iterable[Post]) -> Prerequisites:
    """Collect the stores, days and accounts that must exist before these are posted. Pure."""
    needs = Prerequisites(set(), set(), set())
    for post in posts:
        store, register = post.event.store_code, post.event.register_code
        needs.places.add((store, None))
        if register is not None:
            needs.places.add((store, register))
        needs.days.add(post.business_date)
        needs.accounts.update([line.account for line in post.draft.lines])
        if post.mirror is not None:
            needs.accounts.update([line.account for line in post.mirror.lines])
    return needs


def remembered_ids(memory: TenantMemory, needs: Prerequisites) -> dict[AccountRef, int] | None:
    """Return the account ids when every store, day and account is remembered; else None. No statement."""
    ids = {ref: account_id for ref in needs.accounts if (account_id := memory.account_ids.get(ref))}
    if len(ids) < len(needs.accounts) or not needs.days <= memory.open_days:
        return None
    return ids if needs.places <= memory.places else None


@dataclass(slots=True)
class KnownRows:
    """Stores, registers, open days and accounts that exist, as one transaction knows them."""

    places: set[Place] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    account_ids: dict[AccountRef, int] = field(default_factory=dict)


def find(
    memory: TenantMemory,
    known: KnownRows,
    places: Collection[Place],
    days: Collection[date] = (),
    refs: Collection[AccountRef] = (),
) -> None:
    """Add to `known` those of these that exist: remembered, or asked for in one statement; operation.

    The stores that are read keep their time zones from now on.

    :raises ledgersafe.postgres.db.StaleMemory: a time zone is another than the one remembered.
    """
    known.places |= memory.places.intersection(places)
    known.days |= memory.open_days.intersection(days)
    # Taken out one by one: another thread may clear what is remembered at any moment.
    known.account_ids |= {ref: account_id for ref in refs if (account_id := memory.account_ids.get(ref))}
    missing = [place for place in places if place not in known.places]
    unknown = [ref for ref in refs if ref not in known.account_ids]
    question = {
        "places": missing,
        "days": [day.isoformat() for day in days if day not in known.days],
        "accounts": [tuple(ref) for ref in unknown],
    }
    if not any(question.values()):
        return
    answer = call("pos_known_v1", memory.tenant_id, as_jsonb(question))
    _refuse_other_zones(memory, {code: zone for code, zone, is_fixed in answer["stores"] if is_fixed})
    if unfixed := [code for code, _, is_fixed in answer["stores"] if not is_fixed]:
        _fix_zones(memory, unfixed)
    existing: set[Place] = {(code, None) for code, _, _ in answer["stores"]}
    existing.update((store, register) for store, register in answer["registers"])
    known.places |= existing.intersection(missing)
    known.days |= {date.fromisoformat(day) for day in answer["days"]}
    known.account_ids |= {unknown[number - 1]: account_id for number, account_id in answer["accounts"]}


def open_missing(memory: TenantMemory, known: KnownRows, needs: Prerequisites) -> None:
    """Register the stores and registers, open the days and accounts that are missing in `known`; operation.

    :raises ledgersafe.postgres.db.StaleMemory: a day was closed meanwhile, or a store got a time zone.
    """
    if missing := needs.places - known.places:
        register_places(memory, missing)
        known.places |= missing
    # The first to open a day or an account holds up everybody who needs it until the commit: in order, no deadlock.
    for day in sorted(needs.days - known.days):
        if not periods.open_day(memory.tenant_id, day, time_zone=memory.time_zone, cut_off=memory.cut_off):
            forget(memory.tenant_id)
            raise StaleMemory
        known.days.add(day)
    # In place: a reception holds this dictionary while level after level adds to it.
    known.account_ids |= opening.find_or_open(memory.tenant_id, needs.accounts - known.account_ids.keys())


def register_places(memory: TenantMemory, places: Collection[Place]) -> None:
    """Register stores and registers by their first event; operation. In code order, as accounts are.

    :raises ledgersafe.postgres.db.StaleMemory: somebody was first, and gave a store a time zone.
    """
    codes = sorted({store for store, _ in places})
    now = timezone.now()
    Store.objects.bulk_create(
        [Store(tenant_id=memory.tenant_id, code=code, time_zone_fixed_at=now) for code in codes],
        ignore_conflicts=True,
    )
    stores = _fix_zones(memory, codes)
    Register.objects.bulk_create(
        [
            Register(tenant_id=memory.tenant_id, store_id=stores[store].pk, code=register)
            for store, register in sorted((store, register) for store, register in places if register is not None)
        ],
        ignore_conflicts=True,
    )


def _fix_zones(memory: TenantMemory, codes: Collection[str]) -> dict[str, Store]:
    """Fix the time zones of stores from now on: the plans were made by the remembered ones."""
    stores = use_zones(memory.tenant_id, codes)
    _refuse_other_zones(memory, {code: store.time_zone for code, store in stores.items()})
    return stores


def _refuse_other_zones(memory: TenantMemory, zones: Mapping[str, str]) -> None:
    """:raises StaleMemory: a store has another time zone than the one remembered."""
    if any((zone or memory.time_zone) != memory.zone_of(code) for code, zone in zones.items()):
        forget(memory.tenant_id)
        raise StaleMemory
