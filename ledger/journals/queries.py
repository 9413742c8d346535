"""Reading journals: a list, newest first, and one with its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from ledger.calendar import parameters as moments
from ledger.models import Journal, Posting, Transfer
from ledgersafe.values import cursors
from ledgersafe.values.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """`GET /v1/journals`' parameters; days are business days, both included."""

    first: date | None = None
    last: date | None = None
    account_code: str | None = None
    external_ref: str | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "JournalFilter":
        """:raises ledgersafe.values.errors.InvalidParameter: a day that is none, or NUL in a text."""
        first, last = moments.span_of_days(parameters)
        account, reference = parameters.get("account") or None, parameters.get("external_ref") or None
        if any("\x00" in text for text in (account, reference) if text):
            raise InvalidParameter("A parameter must not contain NUL.")
        return cls(first, last, account, reference)


@dataclass(frozen=True, slots=True)
class JournalInFull:
    """A journal, its lines in order, who asked for it (None: an event did), and what reversed it."""

    journal: Journal
    lines: list[Posting]
    command: Transfer | None
    reversed_by: int | None


def list_journals(tenant_id: int, wanted: JournalFilter, cursor: list[Any] | None) -> QuerySet[Journal]:
    """Journals, newest first, from a cursor on."""
    rows = Journal.objects.filter(tenant_id=tenant_id)
    if wanted.first is not None:
        rows = rows.filter(business_date__gte=wanted.first)
    if wanted.last is not None:
        rows = rows.filter(business_date__lte=wanted.last)
    if wanted.external_ref is not None:
        rows = rows.filter(external_ref=wanted.external_ref)
    if wanted.account_code is not None:
        touching = Posting.objects.filter(
            tenant_id=tenant_id,
            journal_id=OuterRef("id"),
            account__tenant_id=tenant_id,
            account__code=wanted.account_code,
        )
        rows = rows.filter(Exists(touching))
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def get_journal(tenant_id: int, journal_id: int) -> JournalInFull:
    """One journal. :raises ledgersafe.values.errors.NotFound: absent, or another tenant's: the answer is the same."""
    journal = Journal.objects.filter(tenant_id=tenant_id, id=journal_id).first()
    if journal is None:
        raise NotFound("There is no such journal.")
    lines = Posting.objects.filter(tenant_id=tenant_id, journal_id=journal_id).select_related("account")
    reversals = Journal.objects.filter(tenant_id=tenant_id, reverses_id=journal_id).values_list("id", flat=True)
    return JournalInFull(
        journal=journal,
        lines=list(lines.order_by("line_no")),
        command=Transfer.objects.filter(tenant_id=tenant_id, journal_id=journal_id).first(),
        reversed_by=reversals.first(),
    )


def read_id(text: str) -> int:
    """:raises ledgersafe.values.errors.NotFound: no number that a journal could have."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound("There is no such journal.")
    return int(text)
