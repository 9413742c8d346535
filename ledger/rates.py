"""Rates: recording them, and finding the one that held at an instant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger import balances, fx
from ledger.fx import Rate, Unusable
from ledger.models import FxRate
from ledgersafe.audit import trail
from ledgersafe.db import as_jsonb, call, retry_serialization, tenant_transaction
from ledgersafe.errors import InvalidParameter

#: So many are written by one statement; a file may have more, in one transaction.
CHUNK: Final = 5_000

#: Of every pair that is asked about: its own rate, or the opposite pair's. Two look-ups in one index for each.
USABLE: Final = """
LEFT JOIN LATERAL (
    SELECT * FROM (
        (SELECT id, base, quote, rate, valid_from, 1 AS choice FROM fx_rates
         WHERE tenant_id = q.tenant_id AND base = q.source AND quote = q.target AND valid_from <= q.at
         ORDER BY valid_from DESC, version DESC LIMIT 1)
        UNION ALL
        (SELECT id, base, quote, rate, valid_from, 2 FROM fx_rates
         WHERE tenant_id = q.tenant_id AND base = q.target AND quote = q.source AND valid_from <= q.at
         ORDER BY valid_from DESC, version DESC LIMIT 1)
    ) found ORDER BY choice LIMIT 1
) r ON true"""
_FIND: Final = f"""
SELECT r.id, r.base, r.quote, r.rate, r.valid_from
FROM (
    SELECT %(tenant)s AS tenant_id, source, target, at, place
    FROM unnest(%(sources)s::text[], %(targets)s::text[], %(instants)s::timestamptz[])
         WITH ORDINALITY AS asked(source, target, at, place)
) q {USABLE}
ORDER BY q.place
"""  # noqa: S608  constants of ours
_CURRENT: Final = """
SELECT r.* FROM unnest(%(bases)s::text[], %(quotes)s::text[], %(starts)s::timestamptz[])
                WITH ORDINALITY AS q(base, quote, start, place)
CROSS JOIN LATERAL (
    SELECT * FROM fx_rates
    WHERE tenant_id = %(tenant)s AND base = q.base AND quote = q.quote AND valid_from = q.start
    ORDER BY version DESC LIMIT 1
) r ORDER BY q.place
"""


@dataclass(frozen=True, slots=True)
class NewRate:
    """A rate to be recorded: 1 `base` = `value` `quote` from an instant on."""

    base: str
    quote: str
    value: Decimal
    valid_from: datetime

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Asked:
    """The rate from one currency to another at an instant."""

    source: str
    target: str
    at: datetime


# ── Recording ───────────────────────────────────────────────────────────────────────────────────
def record_rates(*, tenant_id: int, rates: Sequence[NewRate], source: str, actor: str, dry_run: bool = False) -> int:
    """Record rates, all or none. What is current already stays as it is.

    :param rates: no pair and instant twice. :param dry_run: only say what would be recorded.
    :returns: how many were new, or corrections.
    """

    def attempt() -> int:
        recorded = 0
        try:
            with tenant_transaction(tenant_id):
                for chunk in _chunks(rates):
                    told = call("ledger_put_rates_v1", tenant_id, source, actor, as_jsonb(chunk))
                    recorded += int(told["new"])
                if dry_run:
                    raise _RolledBack
                if recorded:
                    _record(tenant_id, rates, recorded, source, actor)
        except _RolledBack:
            pass
        return recorded

    return retry_serialization(attempt) if rates else 0


class _RolledBack(Exception):
    """Ends a dry run's transaction."""


def _chunks(rates: Sequence[NewRate]) -> Iterator[list[dict[str, str]]]:
    rows = (
        {
            "base": rate.base,
            "quote": rate.quote,
            "rate": fx.rate_text(rate.value),
            "from": rate.valid_from.isoformat(),
        }
        for rate in rates
    )
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _record(tenant_id: int, rates: Sequence[NewRate], recorded: int, source: str, actor: str) -> None:
    """One entry for all of a call: each version names its actor and instant itself."""
    first = rates[0]
    told: dict[str, Any] = {"recorded": recorded, "source": source}
    if len(rates) == 1:
        told |= {"pair": first.pair, "rate": fx.rate_text(first.value), "valid_from": first.valid_from.isoformat()}
    else:
        told["pairs"] = sorted({rate.pair for rate in rates})[:50]
    trail.record(
        tenant_id=tenant_id,
        actor=actor,
        action="ledger.fx_rate.recorded",
        object_type="fx_rate",
        object_id=first.pair if len(rates) == 1 else f"{len(rates)} rates",
        after=told,
    )


# ── Finding ─────────────────────────────────────────────────────────────────────────────────────
def max_age() -> timedelta | None:
    """How old a rate may be when it is used; None: as old as it likes."""
    return timedelta(hours=settings.FX_MAX_RATE_AGE_HOURS) or None


def find(tenant_id: int, asked: Sequence[Asked]) -> list[Rate | Unusable]:
    """The rates that held, or why none can be used, in the order of the questions. One statement for any number."""
    if not asked:
        return []
    values = {
        "tenant": tenant_id,
        "sources": [one.source for one in asked],
        "targets": [one.target for one in asked],
        "instants": [one.at for one in asked],
    }
    return [judge(one, known_rate(row)) for one, row in zip(asked, balances.fetch(_FIND, values), strict=True)]


def latest(tenant_id: int, asked: Asked) -> Rate | None:
    """The rate that held, however old it is; None when there was none."""
    values = {"tenant": tenant_id, "sources": [asked.source], "targets": [asked.target], "instants": [asked.at]}
    return known_rate(balances.fetch(_FIND, values)[0])


def usable(tenant_id: int, asked: Asked) -> Rate:
    """The rate that held. :raises ledger.fx.FxRateMissing: none. :raises ledger.fx.FxRateStale: it is too old."""
    (found,) = find(tenant_id, [asked])
    if isinstance(found, Unusable):
        raise found.refusal()
    return found


def judge(asked: Asked, rate: Rate | None) -> Rate | Unusable:
    """Whether a rate may be used. Pure, but for the setting."""
    moment = f"{asked.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if rate is None:
        return Unusable(f"No rate {asked.source}/{asked.target} is known as of {moment}, nor the opposite one.")
    if fx.is_stale(rate.valid_from, asked.at, max_age()):
        since = f"{rate.valid_from:%Y-%m-%d %H:%M} UTC"
        return Unusable(
            f"The last rate {asked.source}/{asked.target} is from {since}: too old for {moment} "
            f"(FX_MAX_RATE_AGE_HOURS is {settings.FX_MAX_RATE_AGE_HOURS}).",
            stale=True,
        )
    return rate


def current(tenant_id: int, wanted: Sequence[NewRate]) -> list[FxRate]:
    """The current versions of some rates, in their order. One statement."""
    rows = FxRate.objects.raw(_CURRENT, {
        "tenant": tenant_id,
        "bases": [rate.base for rate in wanted],
        "quotes": [rate.quote for rate in wanted],
        "starts": [rate.valid_from for rate in wanted],
    })  # fmt: skip
    return list(rows)


def known_rate(row: Sequence[Any]) -> Rate | None:
    """From (id, base, quote, rate, valid_from); None when the join found nothing."""
    return Rate(row[0], row[1], row[2], row[3], row[4].astimezone(UTC)) if row[0] is not None else None


def list_rates(
    tenant_id: int, pair: tuple[str, str] | None, as_of: datetime | None, cursor: list[Any] | None
) -> QuerySet[FxRate]:
    """Every version, newest first, of all pairs or of one and its opposite; `superseded` when a newer one counts."""
    rows = with_superseded(FxRate.objects.filter(tenant_id=tenant_id))
    if pair is not None:
        rows = rows.filter(Q(base=pair[0], quote=pair[1]) | Q(base=pair[1], quote=pair[0]))
    if as_of is not None:
        rows = rows.filter(valid_from__lte=as_of)
    if cursor is not None:
        rows = rows.filter(id__lt=row_id(cursor))
    return rows.order_by("-id")


def with_superseded(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rates that know whether a newer version of them counts."""
    newer = FxRate.objects.filter(
        tenant_id=OuterRef("tenant_id"),
        base=OuterRef("base"),
        quote=OuterRef("quote"),
        valid_from=OuterRef("valid_from"),
        version__gt=OuterRef("version"),
    )
    return rows.annotate(superseded=Exists(newer))


def row_id(cursor: list[Any]) -> int:
    """:raises InvalidParameter: the cursor of another list."""
    if len(cursor) != 1 or type(cursor[0]) is not int or not 0 <= cursor[0] < 2**63:
        raise InvalidParameter("cursor is not a next_cursor of this list.")
    return cursor[0]
