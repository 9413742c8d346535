"""A register's drawer in the books: its accounts, its business day, its lock and its postings.

Parts of the use cases in `drawer` and `adjustments`; all of them run in the caller's transaction. The day's lock is
shared first, then the drawer's is taken alone: nobody posts cash between what is read under it and the commit, so no
sale is missing from the expected cash.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError

from ledger.accounts import AccountRef, find_or_open, qualified
from ledger.journals import JournalDraft, NewJournal, posting
from ledger.models import Drawer
from ledger.periods import calendar_of
from ledger.refusals import books
from ledgersafe.audit import trail
from ledgersafe.postgres.db import call, force_constraints, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Register, Store, Tenant

T = TypeVar("T")

#: Journals of a drawer's own life; the guard on postings knows the kinds (`ledger_flow_type_v1`).
SOURCE: Final = "drawer"
_RULES_VERSION: Final = 1


def by_hand(tenant_id: int, operation: Callable[[], T]) -> T:
    """Run an operation in its own transaction, with retries, for callers without an idempotency key.

    :raises DomainError: the operation refuses. :raises ledgersafe.values.errors.Unavailable: as `retry_serialization`.
    """

    def attempt() -> T:
        with tenant_transaction(tenant_id):
            return operation()

    return retry_serialization(attempt)


@contextmanager
def refused_by_guards() -> Iterator[None]:
    """Turn guards' errors in the block into refusals; checks deferred constraints at its end."""
    try:
        yield
        force_constraints()
    except IntegrityError as error:
        refusal = books.refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


@dataclass(frozen=True, slots=True)
class DrawerBook:
    """The accounts of a register's cash, and the business day to post on, by the store's clock."""

    tenant_id: int
    day: date
    now: datetime
    cash: AccountRef
    safe: AccountRef
    over_short: AccountRef
    ids: dict[AccountRef, int]

    @classmethod
    def of(cls, tenant: Tenant, register: Register, currency: str, now: datetime) -> "DrawerBook":
        """Open the missing accounts and the day. :raises DayClosed: the current business day is closed."""
        cash = AccountRef("DRAWER", currency, qualified(register.store.code, register.code))
        safe, over_short = AccountRef("SAFE", currency), AccountRef("OVER_SHORT", currency)
        ids = find_or_open(tenant.id, [cash, safe, over_short])
        return cls(tenant.id, open_today(tenant.id, register.store, now), now, cash, safe, over_short, ids)

    @property
    def account_id(self) -> int:
        return self.ids[self.cash]

    def lock(self) -> int:
        """Lock the drawer exclusively until the transaction ends: no cash is posted between a reading and the commit.

        :returns: the balance of its account, in minor units.
        """
        return int(call("ledger_lock_drawer_v1", self.tenant_id, self.day.isoformat(), self.account_id))

    def post(self, *journals: tuple[str, str, dict[AccountRef, int]]) -> None:
        """Post journals, each (kind, source key, minor units by account); a journal without amounts is skipped."""
        drafts = [(key, JournalDraft.of(kind, amounts.items())) for kind, key, amounts in journals]
        new_journals = [
            NewJournal(SOURCE, key, 1, draft, self.day, self.now, "", _RULES_VERSION)
            for key, draft in drafts
            if draft.lines
        ]
        posting.post(self.tenant_id, new_journals, self.ids)


def open_today(tenant_id: int, store: Store, now: datetime) -> date:
    """Return the current business day of a store, opened; operation. :raises DayClosed: it is closed already."""
    calendar = calendar_of(tenant_id)
    day = calendar.day_of(now, store=store)
    if not calendar.open_day(day):
        raise books.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")
    return day


def record(drawer: Drawer, actor: str, verb: str, after: dict[str, Any], notes: str = "") -> None:
    trail.record(
        tenant_id=drawer.tenant_id,
        actor=actor,
        action=f"ledger.drawer.{verb}",
        object_type="drawer",
        object_id=drawer.pk,
        after=after,
        notes=notes,
    )
