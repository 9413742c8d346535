"""Late cash: explain what was posted to a drawer's account after its close."""

import logging
from datetime import datetime
from typing import Final

from ledger.drawers import queries
from ledger.drawers.drawer_book import DrawerBook, by_hand, record, refused_by_guards
from ledger.models import Drawer, FinancialTransaction
from ledgersafe.postgres.db import require_transaction
from ledgersafe.values.errors import DomainError

logger = logging.getLogger(__name__)

ADJUSTED: Final = "DRAWER_ADJUSTED"


def adjust_closed(*, tenant_id: int, account_id: int, actor: str, now: datetime) -> int:
    """Explain what was posted to a drawer's account after its close; use case. :returns: the number of adjustments."""

    def operation() -> int:
        newest = Drawer.objects.select_related("tenant", "register__store").filter(tenant_id=tenant_id)
        drawer = newest.filter(account_id=account_id).order_by("-id")[0]
        book = DrawerBook.of(drawer.tenant, drawer.register, drawer.currency, now)
        with refused_by_guards():
            book.lock()
            return adjust_late(book, actor)

    return by_hand(tenant_id, operation)


def try_adjusting(*, tenant_id: int, account_id: int, actor: str, now: datetime) -> int:
    """Call `adjust_closed` for a job: a refusal (the day is closed already) is logged, and the next run retries."""
    try:
        return adjust_closed(tenant_id=tenant_id, account_id=account_id, actor=actor, now=now)
    except DomainError as refusal:
        logger.warning("Drawer account %s of tenant %s was not adjusted: %s", account_id, tenant_id, refusal.message)
        return 0


def adjust_late(book: DrawerBook, actor: str) -> int:
    """Post a linked adjustment for every late flow of the account without one; operation.

    The cash was in the drawer when it was counted, and made it over or short then: so it is booked against over/short.
    Sealed figures stay as they are. Expects the drawer's exclusive lock, so that no flow is adjusted twice.
    """
    require_transaction()
    late = list(queries.unadjusted(book.tenant_id).filter(drawer__account_id=book.account_id).order_by("id"))
    book.post(*((ADJUSTED, str(row.pk), {book.over_short: row.cash_minor, book.cash: -row.cash_minor}) for row in late))
    by_drawer: dict[int, list[FinancialTransaction]] = {}
    for row in late:
        by_drawer.setdefault(row.drawer_id, []).append(row)
    for rows in by_drawer.values():
        figures = {"flows": len(rows), "cash_minor": sum(row.cash_minor for row in rows)}
        record(rows[0].drawer, actor, "adjusted", figures)
    return len(late)
