"""Journals written straight into a shop's books, business days closed, and sums the slow way."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from ledger.accounts import AccountRef, find_or_open
from ledger.journals import JournalDraft, JournalReversal, NewJournal, posting
from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop

BANK, SALES, RETURNS = AccountRef("BANK", "USD"), AccountRef("SALES", "USD"), AccountRef("RETURNS", "USD")
TAX, FEES = AccountRef("SALES_TAX", "USD"), AccountRef("PROCESSOR_FEES", "USD")
EQUITY = AccountRef("OPENING_EQUITY", "USD")
DRAWER = AccountRef("DRAWER", "USD", "store-1/till-2")
YEN, YEN_SALES = AccountRef("BANK", "JPY"), AccountRef("SALES", "JPY")


def post(shop: Shop, day: date, *lines: tuple[AccountRef, int], key: str, ref: str = "") -> int:
    """One journal on a business day that is opened if need be. :returns: its id."""
    tenant_id, at = shop.tenant.id, datetime.combine(day, time(9), UTC)
    with tenant_transaction(tenant_id):
        assert periods.open_day(tenant_id, day, time_zone="UTC", cut_off=time(23, 59))
        ids = find_or_open(tenant_id, [account for account, _ in lines])
        entry = NewJournal("test", key, 1, JournalDraft.of("TEST", lines), day, at, ref, 1)
        return posting.post(tenant_id, [entry], ids)[0]


def reverse(shop: Shop, journal_id: int, day: date) -> int:
    """Mirror a journal on a business day. :returns: the reversal's id."""
    tenant_id = shop.tenant.id
    with tenant_transaction(tenant_id):
        assert periods.open_day(tenant_id, day, time_zone="UTC", cut_off=time(23, 59))
        return posting.reverse(tenant_id, [JournalReversal(journal_id, day, timezone.now())])[journal_id]


def close(shop: Shop, day: date) -> None:
    """Seal a business day, which was opened before."""
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, day, now=timezone.now())


def db_now() -> datetime:
    """The clock that stamps journals."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """As a client writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def sums(shop: Shop, condition: str = "true", *values: Any) -> dict[str, int]:
    """Every account's balance the slow way, by code: the plain sum over the postings that meet a condition."""
    sql = (
        "SELECT a.code, coalesce(sum(p.amount_minor), 0)::bigint FROM accounts a LEFT JOIN (postings p"
        f" JOIN journals j ON j.id = p.journal_id) ON p.account_id = a.id AND {condition.replace('%s', '{}')}"
        " WHERE a.tenant_id = %s GROUP BY a.code"
    )
    return dict(shop.rows(sql.format(*(f"'{value}'" for value in values))))


def minor(text: str, currency: str = "USD") -> int:
    """Decimal text of an answer in minor units."""
    return int(Decimal(text).scaleb({"USD": 2, "JPY": 0}[currency]))


def shown(shop: Shop, path: str, **parameters: Any) -> dict[str, Any]:
    """The body of a good answer."""
    answer = shop.get(path, **parameters)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body
