"""Read journals: a list, newest first, and one journal with its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from ledger.calendar import span_of_days
from ledger.models import Journal, Posting, Transfer
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Filters of `GET /v1/journals`; business days, both inclusive; None does not filter."""

    first: date | None = None
    last: date | None = None
    account_code: str | None = None
    external_ref: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "JournalFilter":
        """Read the query parameters.

        :raises ledgersafe.values.errors.InvalidParameter: an invalid day, or NUL in a text.
        """
        first, last = span_of_days(parameters)
        account, reference = parameters.get("account") or None, parameters.get("external_ref") or None
        if any("\x00" in text for text in (account, reference) if text):
            raise InvalidParameter("A parameter must not contain NUL.")
        return cls(first, last, account, reference)


@dataclass(frozen=True, slots=True)
class JournalDetail:
    """A journal, its lines in order, the command that requested it (None: an event), and the id of its reversal."""

    journal: Journal
    lines: list[Posting]
    command: Transfer | None
    reversed_by: int | None


def list_journals(tenant_id: int, filters: JournalFilter, cursor: list[Any] | None) -> QuerySet[Journal]:
    """List journals, newest first, after the cursor."""
    rows = Journal.objects.filter(tenant_id=tenant_id)
    if filters.first is not None:
        rows = rows.filter(business_date__gte=filters.first)
    if filters.last is not None:
        rows = rows.filter(business_date__lte=filters.last)
    if filters.external_ref is not None:
        rows = rows.filter(external_ref=filters.external_ref)
    if filters.account_code is not None:
        touching = Posting.objects.filter(
            tenant_id=tenant_id,
            journal_id=OuterRef("id"),
            account__tenant_id=tenant_id,
            account__code=filters.account_code,
        )
        rows = rows.filter(Exists(touching))
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def get_journal(tenant_id: int, journal_id: int) -> JournalDetail:
    """Return one journal with its lines.

    :raises ledgersafe.values.errors.NotFound: it does not exist, or belongs to another tenant: the same answer.
    """
    journal = Journal.objects.filter(tenant_id=tenant_id, id=journal_id).first()
    if journal is None:
        raise NotFound("There is no such journal.")
    lines = Posting.objects.filter(tenant_id=tenant_id, journal_id=journal_id).select_related("account")
    reversals = Journal.objects.filter(tenant_id=tenant_id, reverses_id=journal_id).values_list("id", flat=True)
    return JournalDetail(
        journal=journal,
        lines=list(lines.order_by("line_no")),
        command=Transfer.objects.filter(tenant_id=tenant_id, journal_id=journal_id).first(),
        reversed_by=reversals.first(),
    )


def read_id(text: str) -> int:
    """Read the id of a journal from a URL. :raises ledgersafe.values.errors.NotFound: no journal can have it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound("There is no such journal.")
    return int(text)
