"""Cash drawers: opened with a counted float, counted, closed; and cash that was posted after the close.

Operations of a transaction that the caller opened: the guard of money commands, or `by_hand` for people of the back
office. Each takes its share of the day's lock, then the drawer's alone: nobody posts cash between what is read here and
the commit, so that no sale is lost from what is expected.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError
from django.db.models import Max

from ledger.accounts.chart import AccountRef, qualified
from ledger.accounts.opening import find_or_open
from ledger.drawers import queries
from ledger.drawers.caller import Caller
from ledger.drawers.requests import Count, NewDrawer
from ledger.journals import posting
from ledger.journals.draft import JournalDraft
from ledger.journals.posting import NewJournal
from ledger.models import Drawer, DrawerStatus, FinancialTransaction
from ledger.periods import calendar_memory
from ledger.refusals import books, drawers
from ledgersafe import setup
from ledgersafe.audit import trail
from ledgersafe.postgres.db import call, force_constraints, require_transaction, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Register, Store, Tenant
from ledgersafe.tenants.zones import use_zone
from ledgersafe.values.errors import DomainError, NotFound

T = TypeVar("T")
logger = logging.getLogger(__name__)

#: Journals of a drawer's own life; the guard on postings knows the kinds (`ledger_flow_type_v1`).
SOURCE: Final = "drawer"
OPENED, COUNTED, EMPTIED, ADJUSTED = "DRAWER_OPENED", "DRAWER_COUNTED", "DRAWER_EMPTIED", "DRAWER_ADJUSTED"
#: Cash that was in the account before the register had its first drawer.
CLEARED: Final = "DRAWER_CLEARED"
_RULES_VERSION: Final = 1


def by_hand(tenant_id: int, operation: Callable[[], T]) -> T:
    """Use case: an operation in a transaction of its own, for callers without an idempotency key.

    :raises DomainError: what it refuses. :raises ledgersafe.values.errors.Unavailable: as `retry_serialization`.
    """

    def attempt() -> T:
        with tenant_transaction(tenant_id):
            return operation()

    return retry_serialization(attempt)


@contextmanager
def refused_by_guards() -> Iterator[None]:
    """What Postgres refuses in the block, deferred guards included, becomes its refusal."""
    try:
        yield
        force_constraints()
    except IntegrityError as error:
        refusal = books.of_guard(error)
        if refusal is None:
            raise
        raise refusal from error


def open_drawer(*, caller: Caller, wanted: NewDrawer, now: datetime) -> Drawer:
    """Open a register's drawer with its float, taken from the safe; operation.

    Cash that stands in the account is explained first: what came after the last close against over/short, what came
    before there was any drawer into the safe.

    :raises ledgersafe.values.errors.NotFound: no such register, or none of the caller's.
    :raises DrawerAlreadyOpen: it has one. :raises DayClosed: as it says.
    """
    require_transaction()
    tenant = Tenant.objects.get(pk=caller.tenant_id)
    register = _register(tenant, wanted, caller)
    book = _Book.of(tenant, register, wanted.currency or tenant.base_currency, now)
    with refused_by_guards():
        book.lock()
        if queries.unclosed(tenant.id).filter(register=register).exists():
            raise drawers.DrawerAlreadyOpen
        adjust_late(book, caller.actor)
        loose = book.lock()
        book.post((CLEARED, f"{book.account_id}:cleared", {book.safe: loose, book.cash: -loose}))
        drawer = Drawer.objects.create(
            tenant=tenant,
            store=register.store,
            register=register,
            account_id=book.account_id,
            currency=book.cash.currency,
            starting_cash_minor=wanted.starting_cash_minor,
            is_blind=wanted.is_blind,
            opened_by=caller.actor,
        )
        starting = wanted.starting_cash_minor
        book.post((OPENED, f"{drawer.pk}:opened", {book.cash: starting, book.safe: -starting}))
        drawer.refresh_from_db(fields=["opened_at"])
        _record(drawer, caller.actor, "opened", {"starting_cash_minor": starting, "blind": wanted.is_blind})
    return drawer


def count_drawer(*, caller: Caller, drawer_id: int, count: Count, now: datetime) -> Drawer:
    """Write down what was counted; from now on only late events come in. It may be counted again; operation.

    :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's. :raises DrawerClosed: it is
        sealed.
    """
    require_transaction()
    with refused_by_guards():
        drawer, _, _ = _locked(caller, drawer_id, now)
        _take_count(drawer, caller, count, now)
        drawer.status = DrawerStatus.RECONCILING
        drawer.save()
        _record(drawer, caller.actor, "counted", {"actual_cash_minor": count.actual_cash_minor}, count.notes)
    return drawer


def close_drawer(*, caller: Caller, drawer_id: int, count: Count, now: datetime) -> Drawer:
    """Seal a drawer: the count against what is expected, the difference into over/short, the cash into the safe.

    Operation. :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's.
    :raises DrawerClosed: it was closed before.
    :raises ApprovalRequired, NotesRequired: the variance is above the tenant's limit.
    """
    require_transaction()
    with refused_by_guards():
        drawer, book, expected = _locked(caller, drawer_id, now)
        actual = count.actual_cash_minor
        variance = actual - expected
        _check_variance(drawer, variance, count, caller)
        book.post(
            (COUNTED, f"{drawer.pk}:counted", {book.cash: variance, book.over_short: -variance}),
            (EMPTIED, f"{drawer.pk}:emptied", {book.safe: actual, book.cash: -actual}),
        )
        _take_count(drawer, caller, count, now)
        drawer.status, drawer.closed_by = DrawerStatus.CLOSED, caller.actor
        drawer.closed_at = now  # the guard sets it, with the lock in hand
        drawer.expected_cash_minor, drawer.variance_minor = expected, variance
        drawer.z_number, drawer.grand_total_minor = _numbers(drawer)
        drawer.save()
        drawer.refresh_from_db(fields=["closed_at"])
        figures = {"expected_cash_minor": expected, "actual_cash_minor": actual, "variance_minor": variance}
        _record(drawer, caller.actor, "closed", figures, count.notes)
    return drawer


def adjust_closed(*, tenant_id: int, account_id: int, actor: str, now: datetime) -> int:
    """Use case: explain what was posted to a closed drawer's account since. :returns: how many flows were adjusted."""

    def operation() -> int:
        newest = Drawer.objects.select_related("tenant", "register__store").filter(tenant_id=tenant_id)
        drawer = newest.filter(account_id=account_id).order_by("-id")[0]
        book = _Book.of(drawer.tenant, drawer.register, drawer.currency, now)
        with refused_by_guards():
            book.lock()
            return adjust_late(book, actor)

    return by_hand(tenant_id, operation)


def try_adjusting(*, tenant_id: int, account_id: int, actor: str, now: datetime) -> int:
    """As `adjust_closed`, for a job: what is refused (the day is closed already) is logged, and tried again later."""
    try:
        return adjust_closed(tenant_id=tenant_id, account_id=account_id, actor=actor, now=now)
    except DomainError as refusal:
        logger.warning("Drawer account %s of tenant %s was not adjusted: %s", account_id, tenant_id, refusal.message)
        return 0


def adjust_late(book: "_Book", actor: str) -> int:
    """Post the linked adjustment of every late flow of the account that has none; operation.

    The cash was in the drawer when it was counted, and made it over or short then: that is what it is booked against.
    The sealed figures stay. Expects the drawer's lock, taken alone.
    """
    require_transaction()
    late = list(queries.unadjusted(book.tenant_id).filter(drawer__account_id=book.account_id).order_by("id"))
    book.post(*((ADJUSTED, str(row.pk), {book.over_short: row.cash_minor, book.cash: -row.cash_minor}) for row in late))
    by_drawer: dict[int, list[FinancialTransaction]] = {}
    for row in late:
        by_drawer.setdefault(row.drawer_id, []).append(row)
    for rows in by_drawer.values():
        told = {"flows": len(rows), "cash_minor": sum(row.cash_minor for row in rows)}
        _record(rows[0].drawer, actor, "adjusted", told)
    return len(late)


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Book:
    """A register's cash in the books: its accounts, and the business day to post on, by its store's clock."""

    tenant_id: int
    day: date
    now: datetime
    cash: AccountRef
    safe: AccountRef
    over_short: AccountRef
    ids: dict[AccountRef, int]

    @classmethod
    def of(cls, tenant: Tenant, register: Register, currency: str, now: datetime) -> "_Book":
        """Opens accounts that are missing. :raises DayClosed: the current business day is closed."""
        cash = AccountRef("DRAWER", currency, qualified(register.store.code, register.code))
        safe, over_short = AccountRef("SAFE", currency), AccountRef("OVER_SHORT", currency)
        ids = find_or_open(tenant.id, [cash, safe, over_short])
        return cls(tenant.id, open_today(tenant.id, register.store, now), now, cash, safe, over_short, ids)

    @property
    def account_id(self) -> int:
        return self.ids[self.cash]

    def lock(self) -> int:
        """Have the drawer alone until the end of the transaction. :returns: what is in its account, in minor units."""
        return int(call("ledger_lock_drawer_v1", self.tenant_id, self.day.isoformat(), self.account_id))

    def post(self, *journals: tuple[str, str, dict[AccountRef, int]]) -> None:
        """Post (kind, key, amounts by account); what moves nothing makes no journal."""
        drafts = [(key, JournalDraft.of(kind, amounts.items())) for kind, key, amounts in journals]
        entries = [
            NewJournal(SOURCE, key, 1, draft, self.day, self.now, "", _RULES_VERSION)
            for key, draft in drafts
            if draft.lines
        ]
        posting.post(self.tenant_id, entries, self.ids)


def open_today(tenant_id: int, store: Store, now: datetime) -> date:
    """The current business day in a store, opened; operation. :raises DayClosed: it is closed already."""
    calendar = calendar_memory.of(tenant_id)
    day = calendar.day_of(now, store=store)
    if not calendar.open_day(day):
        raise books.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")
    return day


def _register(tenant: Tenant, wanted: NewDrawer, caller: Caller) -> Register:
    """The register, new if its tenant lets tills register themselves."""
    if not caller.reaches(wanted.store_code, wanted.register_code):
        raise NotFound("There is no such register.")
    rows = Register.objects.select_related("store").filter(tenant=tenant, store__code=wanted.store_code)
    register = rows.filter(code=wanted.register_code).first()
    if register is None and tenant.strict_stores:
        raise NotFound("There is no such register.")
    if register is None:
        store = setup.find_or_add_store(tenant, wanted.store_code, caller.actor)
        register = setup.find_or_add_register(tenant, store, wanted.register_code, caller.actor)
    register.store = use_zone(register.store)
    return register


def _locked(caller: Caller, drawer_id: int, now: datetime) -> tuple[Drawer, _Book, int]:
    """The drawer, had alone, its book, and what is in it. :raises DrawerClosed: it is sealed."""
    drawer = queries.get_drawer(caller, drawer_id)
    book = _Book.of(drawer.tenant, drawer.register, drawer.currency, now)
    held = book.lock()
    # Read again: whoever had it before may have closed it.
    drawer.refresh_from_db(fields=["status", "actual_cash_minor", "denominations", "notes", "counted_at", "counted_by"])
    if drawer.status == DrawerStatus.CLOSED:
        raise drawers.DrawerClosed("The drawer is closed: it is sealed.")
    return drawer, book, held


def _take_count(drawer: Drawer, caller: Caller, count: Count, now: datetime) -> None:
    if count.denominations is not None or count.actual_cash_minor != drawer.actual_cash_minor:
        drawer.denominations = count.denominations  # else the pieces of the count before: they come to the same
    drawer.actual_cash_minor = count.actual_cash_minor
    drawer.counted_at, drawer.counted_by = now, caller.actor
    drawer.notes = count.notes or drawer.notes


def _check_variance(drawer: Drawer, variance: int, count: Count, caller: Caller) -> None:
    """The limit is in the tenant's currency; in any other, every variance is above it."""
    limit = drawer.tenant.variance_limit_minor
    is_foreign = drawer.currency != drawer.tenant.base_currency
    if limit is None or not variance or (abs(variance) <= limit and not is_foreign):
        return
    if not caller.may_approve:
        raise drawers.ApprovalRequired
    if not (count.notes or drawer.notes):
        raise drawers.NotesRequired


def _numbers(drawer: Drawer) -> tuple[int, int]:
    """The Z-report's number, and the register's grand total with it."""
    closed = Drawer.objects.filter(tenant_id=drawer.tenant_id, status=DrawerStatus.CLOSED)
    last = closed.filter(register_id=drawer.register_id).aggregate(number=Max("z_number"))["number"] or 0
    before = closed.filter(account_id=drawer.account_id).order_by("-id").values_list("grand_total_minor", flat=True)
    return last + 1, (before.first() or 0) + queries.net_sales(drawer)


def _record(drawer: Drawer, actor: str, verb: str, after: dict[str, Any], notes: str = "") -> None:
    trail.record(
        tenant_id=drawer.tenant_id,
        actor=actor,
        action=f"ledger.drawer.{verb}",
        object_type="drawer",
        object_id=drawer.pk,
        after=after,
        notes=notes,
    )
