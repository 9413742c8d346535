"""Find the rate that held at an instant, and list every version of every rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger.balances import balances
from ledger.fx import conversion
from ledger.fx.conversion import Rate, Unusable
from ledger.models import FxRate
from ledgersafe.values import cursors

#: For every query: the rate of the pair, or else of the opposite pair. Two index look-ups each.
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
    ) candidates ORDER BY choice LIMIT 1
) r ON true"""
_FIND: Final = f"""
SELECT r.id, r.base, r.quote, r.rate, r.valid_from
FROM (
    SELECT %(tenant)s AS tenant_id, source, target, at, place
    FROM unnest(%(sources)s::text[], %(targets)s::text[], %(instants)s::timestamptz[])
         WITH ORDINALITY AS queries(source, target, at, place)
) q {USABLE}
ORDER BY q.place
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class RateQuery:
    """The rate to find: from one currency to another, at an instant."""

    source: str
    target: str
    at: datetime


def max_age() -> timedelta | None:
    """Return the maximum age of a usable rate; None: no limit (setting FX_MAX_RATE_AGE_HOURS is 0)."""
    return timedelta(hours=settings.FX_MAX_RATE_AGE_HOURS) or None


def find(tenant_id: int, queries: Sequence[RateQuery]) -> list[Rate | Unusable]:
    """Find rates, or the reasons why none is usable, in the order of the queries. One statement for any number."""
    if not queries:
        return []
    values = {
        "tenant": tenant_id,
        "sources": [query.source for query in queries],
        "targets": [query.target for query in queries],
        "instants": [query.at for query in queries],
    }
    return [judge(query, known_rate(row)) for query, row in zip(queries, balances.fetch(_FIND, values), strict=True)]


def latest(tenant_id: int, query: RateQuery) -> Rate | None:
    """Find the rate that held, however old; None when none was known."""
    values = {"tenant": tenant_id, "sources": [query.source], "targets": [query.target], "instants": [query.at]}
    return known_rate(balances.fetch(_FIND, values)[0])


def usable(tenant_id: int, query: RateQuery) -> Rate:
    """Find a usable rate.

    :raises ledger.fx.conversion.FxRateMissing: none was known.
    :raises ledger.fx.conversion.FxRateStale: the last one is too old.
    """
    (rate,) = find(tenant_id, [query])
    if isinstance(rate, Unusable):
        raise rate.refusal()
    return rate


def judge(query: RateQuery, rate: Rate | None) -> Rate | Unusable:
    """Return the rate if it is usable, or else the reason why not. Pure, except for the setting of the maximum age."""
    moment = f"{query.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if rate is None:
        return Unusable(f"No rate {query.source}/{query.target} is known as of {moment}, nor its inverse.")
    if conversion.is_stale(rate.valid_from, query.at, max_age()):
        since = f"{rate.valid_from:%Y-%m-%d %H:%M} UTC"
        return Unusable(
            f"The last rate {query.source}/{query.target} is from {since}: too old for {moment} "
            f"(FX_MAX_RATE_AGE_HOURS is {settings.FX_MAX_RATE_AGE_HOURS}).",
            stale=True,
        )
    return rate


def known_rate(row: Sequence[Any]) -> Rate | None:
    """Build a rate from (id, base, quote, rate, valid_from); None when the join found nothing."""
    return Rate(row[0], row[1], row[2], row[3], row[4].astimezone(UTC)) if row[0] is not None else None


def list_rates(
    tenant_id: int, pair: tuple[str, str] | None, as_of: datetime | None, cursor: list[Any] | None
) -> QuerySet[FxRate]:
    """List versions, newest first, of all pairs or of one and its opposite; `superseded` marks outdated ones."""
    rows = with_superseded(FxRate.objects.filter(tenant_id=tenant_id))
    if pair is not None:
        rows = rows.filter(Q(base=pair[0], quote=pair[1]) | Q(base=pair[1], quote=pair[0]))
    if as_of is not None:
        rows = rows.filter(valid_from__lte=as_of)
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def with_superseded(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate rates with `superseded`: True when a newer version exists."""
    newer = FxRate.objects.filter(
        tenant_id=OuterRef("tenant_id"),
        base=OuterRef("base"),
        quote=OuterRef("quote"),
        valid_from=OuterRef("valid_from"),
        version__gt=OuterRef("version"),
    )
    annotated: QuerySet[Any] = rows.annotate(superseded=Exists(newer))
    return annotated
