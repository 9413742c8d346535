"""Open, count and close cash drawers: the operations.

They run in the caller's transaction: the guard of money commands opens one for the API, `by_hand` for the back office.
Each shares the day's lock, then takes the drawer's exclusively: nobody posts cash between a reading and the commit, so
no sale is missing from the expected cash.
"""

from datetime import datetime
from typing import Final

from django.db.models import Max

from ledger.drawers import queries
from ledger.drawers.adjustments import adjust_late
from ledger.drawers.caller import Caller
from ledger.drawers.drawer_book import DrawerBook, record, refused_by_guards
from ledger.drawers.requests import Count, NewDrawer
from ledger.models import Drawer, DrawerStatus
from ledger.refusals import drawers
from ledgersafe import setup
from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants.models import Register, Tenant
from ledgersafe.tenants.zones import use_zone
from ledgersafe.values.errors import NotFound

OPENED, COUNTED, EMPTIED = "DRAWER_OPENED", "DRAWER_COUNTED", "DRAWER_EMPTIED"
#: Cash that was in the account before the register had its first drawer.
CLEARED: Final = "DRAWER_CLEARED"


def open_drawer(*, caller: Caller, request: NewDrawer, now: datetime) -> Drawer:
    """Open a register's drawer with its float, taken from the safe; operation.

    Cash in the account is explained first: what came after the last close goes against over/short, what came before the
    register had any drawer goes into the safe.

    :raises ledgersafe.values.errors.NotFound: no such register, or none of the caller's.
    :raises DrawerAlreadyOpen: the register has an open drawer. :raises DayClosed: the business day is closed.
    """
    require_transaction()
    tenant = Tenant.objects.get(pk=caller.tenant_id)
    register = _register(tenant, request, caller)
    book = DrawerBook.of(tenant, register, request.currency or tenant.base_currency, now)
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
            starting_cash_minor=request.starting_cash_minor,
            is_blind=request.is_blind,
            opened_by=caller.actor,
        )
        starting = request.starting_cash_minor
        book.post((OPENED, f"{drawer.pk}:opened", {book.cash: starting, book.safe: -starting}))
        drawer.refresh_from_db(fields=["opened_at"])
        record(drawer, caller.actor, "opened", {"starting_cash_minor": starting, "blind": request.is_blind})
    return drawer


def count_drawer(*, caller: Caller, drawer_id: int, count: Count, now: datetime) -> Drawer:
    """Record a count; operation. From now on only late events post to the drawer. It may be counted again.

    :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's.
    :raises DrawerClosed: the drawer is closed.
    """
    require_transaction()
    with refused_by_guards():
        drawer, _, _ = _locked(caller, drawer_id, now)
        _take_count(drawer, caller, count, now)
        drawer.status = DrawerStatus.RECONCILING
        drawer.save()
        record(drawer, caller.actor, "counted", {"actual_cash_minor": count.actual_cash_minor}, count.notes)
    return drawer


def close_drawer(*, caller: Caller, drawer_id: int, count: Count, now: datetime) -> Drawer:
    """Close a drawer: book the difference to over/short and the counted cash into the safe; operation.

    :raises ledgersafe.values.errors.NotFound: no such drawer, or none of the caller's.
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
        record(drawer, caller.actor, "closed", figures, count.notes)
    return drawer


def _register(tenant: Tenant, request: NewDrawer, caller: Caller) -> Register:
    """Return the register; add it when the tenant lets tills register themselves."""
    if not caller.reaches(request.store_code, request.register_code):
        raise NotFound("There is no such register.")
    rows = Register.objects.select_related("store").filter(tenant=tenant, store__code=request.store_code)
    register = rows.filter(code=request.register_code).first()
    if register is None and tenant.strict_stores:
        raise NotFound("There is no such register.")
    if register is None:
        store = setup.find_or_add_store(tenant, request.store_code, caller.actor)
        register = setup.find_or_add_register(tenant, store, request.register_code, caller.actor)
    register.store = use_zone(register.store)
    return register


def _locked(caller: Caller, drawer_id: int, now: datetime) -> tuple[Drawer, DrawerBook, int]:
    """Lock a drawer; return it, its book and its balance in minor units. :raises DrawerClosed: it is closed."""
    drawer = queries.get_drawer(caller, drawer_id)
    book = DrawerBook.of(drawer.tenant, drawer.register, drawer.currency, now)
    balance = book.lock()
    # Read again under the lock: the holder before may have closed it.
    drawer.refresh_from_db(fields=["status", "actual_cash_minor", "denominations", "notes", "counted_at", "counted_by"])
    if drawer.status == DrawerStatus.CLOSED:
        raise drawers.DrawerClosed("The drawer is closed.")
    return drawer, book, balance


def _take_count(drawer: Drawer, caller: Caller, count: Count, now: datetime) -> None:
    if count.denominations is not None or count.actual_cash_minor != drawer.actual_cash_minor:
        drawer.denominations = count.denominations  # else the pieces of the count before: they come to the same
    drawer.actual_cash_minor = count.actual_cash_minor
    drawer.counted_at, drawer.counted_by = now, caller.actor
    drawer.notes = count.notes or drawer.notes


def _check_variance(drawer: Drawer, variance: int, count: Count, caller: Caller) -> None:
    """Check the variance limit. It is in the tenant's currency; in any other, every variance exceeds it."""
    limit = drawer.tenant.variance_limit_minor
    is_foreign = drawer.currency != drawer.tenant.base_currency
    if limit is None or not variance or (abs(variance) <= limit and not is_foreign):
        return
    if not caller.may_approve:
        raise drawers.ApprovalRequired
    if not (count.notes or drawer.notes):
        raise drawers.NotesRequired


def _numbers(drawer: Drawer) -> tuple[int, int]:
    """Return the number of the Z-report, and the register's grand total in minor units, this drawer included."""
    closed = Drawer.objects.filter(tenant_id=drawer.tenant_id, status=DrawerStatus.CLOSED)
    last = closed.filter(register_id=drawer.register_id).aggregate(number=Max("z_number"))["number"] or 0
    before = closed.filter(account_id=drawer.account_id).order_by("-id").values_list("grand_total_minor", flat=True)
    return last + 1, (before.first() or 0) + queries.net_sales(drawer)
