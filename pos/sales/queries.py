"""Read sales: headers, newest first, and one event with the lines, tenders and taxes of its journals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ledgersafe.tenants.principals import Principal
from ledgersafe.values import cursors
from ledgersafe.values.errors import NotFound
from pos.models import SaleLine, SaleReference, SaleTax, SaleTender, SaleTenderReference
from pos.models.figures import Figures
from pos.sales.filters import SaleFilter
from pos.sales.projection import project_event

_HEAD: Final = """
s.journal_id, s.event_key, s.event_type, s.store_code, s.register_code, s.txn_id, s.currency, s.business_date,
s.occurred_at, s.recorded_at, s.is_late"""
_FIGURES: Final = ", ".join(f"s.{name}" for name in Figures._fields)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one journal."""

    journal_id: int
    event_key: str
    event_type: str
    store_code: str
    register_code: str
    txn_id: str
    currency: str
    business_date: date
    occurred_at: datetime
    recorded_at: datetime
    is_late: bool
    figures: Figures
    xid: str

    @classmethod
    def read(cls, row: Sequence[Any]) -> "Header":
        """Build from a row of `_HEAD`, `_FIGURES` and `xid`."""
        head: tuple[Any, ...] = (*row[:11], Figures(*row[11:-1]), row[-1])
        return cls(*head)

    @property
    def position(self) -> list[Any]:
        """The cursor position after this header."""
        return [self.business_date.isoformat(), self.xid, self.journal_id]


@dataclass(frozen=True, slots=True)
class SoldJournal:
    """A header with its rows."""

    header: Header
    lines: list[SaleLine] = field(default_factory=list)
    tenders: list[SaleTender] = field(default_factory=list)
    taxes: list[SaleTax] = field(default_factory=list)
    #: Payment references, by their tender's `line_no`.
    references: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SoldEvent:
    """An event with its journals, oldest first, and the references from and to it."""

    event_key: str
    journals: list[SoldJournal]
    refers_to: list[SaleReference]
    referred_by: list[SaleReference]


@dataclass(frozen=True, slots=True)
class Place:
    """The store and register a caller is bound to; sales elsewhere are absent to them. None: not bound."""

    store_code: str | None = None
    register_code: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Place":
        """Return the place a key is bound to."""
        return cls(principal.store_code, principal.register_code)


_EVERYWHERE: Final = Place()

#: One range of index `sales_by_day`, backwards. Receipts have their own index and are found on any day.
_LIST: Final = f"""
SELECT {_HEAD}, {_FIGURES}, s.xid::text
FROM sales s
WHERE s.tenant_id = %(tenant)s AND s.business_date BETWEEN %(first)s AND %(last)s
  AND (s.business_date, s.xid, s.journal_id) < (%(before_day)s::date, %(before_xid)s::xid8, %(before_id)s)
  {{filters}}
ORDER BY s.business_date DESC, s.xid DESC, s.journal_id DESC LIMIT %(limit)s
"""  # noqa: S608  names of ours
_BY_RECEIPT: Final = f"""
SELECT {_HEAD}, {_FIGURES}, s.xid::text
FROM sales s
WHERE s.tenant_id = %(tenant)s AND s.txn_id = %(txn)s AND s.event_type = 'SALE' AND s.sign = 1
  AND (s.business_date, s.xid, s.journal_id) < (%(before_day)s::date, %(before_xid)s::xid8, %(before_id)s)
  {{filters}}
ORDER BY s.business_date DESC, s.xid DESC, s.journal_id DESC LIMIT %(limit)s
"""  # noqa: S608
_BY_EVENT: Final = f"""
SELECT {_HEAD}, {_FIGURES}, s.xid::text
FROM (
    SELECT j.id FROM journals j WHERE j.tenant_id = %(tenant)s AND j.source IN ('event', 'correction')
                                  AND j.source_key = %(key)s AND j.reverses_id IS NULL
) j
JOIN LATERAL (SELECT j.id UNION ALL
              SELECT r.id FROM journals r WHERE r.tenant_id = %(tenant)s AND r.reverses_id = j.id) one ON true
JOIN sales s ON s.tenant_id = %(tenant)s AND s.journal_id = one.id
WHERE (s.business_date, s.xid, s.journal_id) < (%(before_day)s::date, %(before_xid)s::xid8, %(before_id)s) {{filters}}
ORDER BY s.business_date DESC, s.xid DESC, s.journal_id DESC LIMIT %(limit)s
"""  # noqa: S608
_END: Final = ["infinity", "18446744073709551615", 2**63 - 1]


def list_sales(
    tenant_id: int, filters: SaleFilter, cursor: list[Any] | None, limit: int, *, bound_to: Place = _EVERYWHERE
) -> list[Header]:
    """List headers, newest business day first, after a cursor; one statement.

    With `event_key` or `txn_id` the days are ignored; a `txn_id` finds only sales as rung up.

    :returns: at most `limit` + 1 headers; the extra one says that a page follows.
    :raises InvalidParameter: the cursor belongs to another list.
    """
    day, xid, journal_id = _place(cursor) if cursor is not None else _END
    values: dict[str, Any] = {
        "tenant": tenant_id, "first": filters.first, "last": filters.last, "store": filters.store_code,
        "type": filters.event_type, "txn": filters.txn_id, "key": filters.event_key,
        "bound_store": bound_to.store_code, "bound_register": bound_to.register_code,
        "before_day": day, "before_xid": xid, "before_id": journal_id, "limit": limit + 1,
    }  # fmt: skip
    conditions = (
        "AND s.store_code = %(store)s" if filters.store_code else "",
        "AND s.event_type = %(type)s" if filters.event_type else "",
        "AND s.txn_id = %(txn)s" if filters.txn_id else "",
        "AND s.store_code = %(bound_store)s" if bound_to.store_code is not None else "",
        "AND s.register_code = %(bound_register)s" if bound_to.register_code is not None else "",
    )
    statement = _BY_EVENT if filters.event_key else _BY_RECEIPT if filters.txn_id else _LIST
    with connection.cursor() as db_cursor:
        db_cursor.execute(statement.format(filters=" ".join(conditions)), values)
        return [Header.read(row) for row in db_cursor.fetchall()]


def sales_of(principal: Principal, filters: SaleFilter, cursor: list[Any] | None, limit: int) -> list[Header]:
    """List the headers a caller may see, as `list_sales`."""
    return list_sales(principal.tenant_id, filters, cursor, limit, bound_to=Place.of(principal))


def get_sale(tenant_id: int, event_key: str, *, bound_to: Place = _EVERYWHERE) -> SoldEvent:
    """Read one event after projecting its rows. :raises NotFound: absent, of another place, or not posted."""
    if "\x00" in event_key or len(event_key) > 200:
        raise NotFound("Nothing was posted for such an event.")
    everything = SaleFilter(date.min, date.max, event_key=event_key)
    headers = list_sales(tenant_id, everything, None, 500, bound_to=bound_to)
    if not headers:
        raise NotFound("Nothing was posted for such an event.")
    project_event(tenant_id=tenant_id, event_key=event_key)
    journals = {header.journal_id: SoldJournal(header) for header in sorted(headers, key=lambda one: one.journal_id)}
    named: Any = {"tenant_id": tenant_id, "journal__in": list(journals)}
    for line in SaleLine.objects.filter(**named).order_by("journal", "line_no"):
        journals[line.journal_id].lines.append(line)
    for tender in SaleTender.objects.filter(**named).order_by("journal", "line_no"):
        journals[tender.journal_id].tenders.append(tender)
    for tax in SaleTax.objects.filter(**named).order_by("journal", "line_no"):
        journals[tax.journal_id].taxes.append(tax)
    for name in SaleTenderReference.objects.filter(**named):
        journals[name.journal_id].references[name.line_no] = name.reference
    references = SaleReference.objects.filter(tenant_id=tenant_id).order_by("journal", "original_key", "kind")
    if bound_to.store_code is not None:
        references = references.filter(journal__sale__store_code=bound_to.store_code)
    if bound_to.register_code is not None:
        references = references.filter(journal__sale__register_code=bound_to.register_code)
    return SoldEvent(
        event_key,
        list(journals.values()),
        list(references.filter(event_key=event_key)),
        list(references.filter(original_key=event_key)),
    )


def _place(cursor: list[Any]) -> list[Any]:
    """Return day, transaction and journal id. :raises InvalidParameter: the cursor belongs to another list."""
    return cursors.position(cursor, cursors.day, cursors.transaction_number, cursors.number)
