"""Rates: finding the one that held at an instant, and listing every version."""

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


@dataclass(frozen=True, slots=True)
class RateQuestion:
    """The rate from one currency to another at an instant."""

    source: str
    target: str
    at: datetime


def max_age() -> timedelta | None:
    """How old a rate may be when it is used; None: as old as it likes."""
    return timedelta(hours=settings.FX_MAX_RATE_AGE_HOURS) or None


def find(tenant_id: int, asked: Sequence[RateQuestion]) -> list[Rate | Unusable]:
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


def latest(tenant_id: int, asked: RateQuestion) -> Rate | None:
    """The rate that held, however old it is; None when there was none."""
    values = {"tenant": tenant_id, "sources": [asked.source], "targets": [asked.target], "instants": [asked.at]}
    return known_rate(balances.fetch(_FIND, values)[0])


def usable(tenant_id: int, asked: RateQuestion) -> Rate:
    """The rate that held. :raises ledger.fx.conversion.FxRateMissing: none.

    :raises ledger.fx.conversion.FxRateStale: it is too old.
    """
    (found,) = find(tenant_id, [asked])
    if isinstance(found, Unusable):
        raise found.refusal()
    return found


def judge(asked: RateQuestion, rate: Rate | None) -> Rate | Unusable:
    """Whether a rate may be used. Pure, but for the setting."""
    moment = f"{asked.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if rate is None:
        return Unusable(f"No rate {asked.source}/{asked.target} is known as of {moment}, nor the opposite one.")
    if conversion.is_stale(rate.valid_from, asked.at, max_age()):
        since = f"{rate.valid_from:%Y-%m-%d %H:%M} UTC"
        return Unusable(
            f"The last rate {asked.source}/{asked.target} is from {since}: too old for {moment} "
            f"(FX_MAX_RATE_AGE_HOURS is {settings.FX_MAX_RATE_AGE_HOURS}).",
            stale=True,
        )
    return rate


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
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
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
    annotated: QuerySet[Any] = rows.annotate(superseded=Exists(newer))
    return annotated
