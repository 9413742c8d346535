"""Record rates: the use case. A correction is the next version; no version is ever lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from ledger.fx import conversion
from ledger.models import FxRate
from ledgersafe.audit import trail
from ledgersafe.postgres.db import as_jsonb, call, retry_serialization, rolled_back, tenant_transaction

#: Rates per statement; a larger file takes several statements in one transaction.
CHUNK: Final = 5_000

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
    """A rate to record: 1 `base` = `value` `quote` from an instant on."""

    base: str
    quote: str
    value: Decimal
    valid_from: datetime

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.quote}"


def record_rates(*, tenant_id: int, rates: Sequence[NewRate], source: str, actor: str, dry_run: bool = False) -> int:
    """Record rates, all or none; a rate that is current already is not recorded again.

    :param rates: each pair and instant once. :param dry_run: count only, and roll back.
    :returns: the number of new rates and corrections.
    """

    def attempt() -> int:
        recorded = 0
        with rolled_back(tenant_id) if dry_run else tenant_transaction(tenant_id):
            for chunk in _chunks(rates):
                answer = call("ledger_put_rates_v1", tenant_id, source, actor, as_jsonb(chunk))
                recorded += int(answer["new"])
            if recorded and not dry_run:
                _record(tenant_id, rates, recorded, source, actor)
        return recorded

    return retry_serialization(attempt) if rates else 0


def _chunks(rates: Sequence[NewRate]) -> Iterator[list[dict[str, str]]]:
    rows = (
        {
            "base": rate.base,
            "quote": rate.quote,
            "rate": conversion.rate_text(rate.value),
            "from": rate.valid_from.isoformat(),
        }
        for rate in rates
    )
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _record(tenant_id: int, rates: Sequence[NewRate], recorded: int, source: str, actor: str) -> None:
    """Write one audit entry for the whole call: each version has its own actor and instant."""
    first = rates[0]
    details: dict[str, Any] = {"recorded": recorded, "source": source}
    if len(rates) == 1:
        details |= {
            "pair": first.pair,
            "rate": conversion.rate_text(first.value),
            "valid_from": first.valid_from.isoformat(),
        }
    else:
        details["pairs"] = sorted({rate.pair for rate in rates})[:50]
    trail.record(
        tenant_id=tenant_id,
        actor=actor,
        action="ledger.fx_rate.recorded",
        object_type="fx_rate",
        object_id=first.pair if len(rates) == 1 else f"{len(rates)} rates",
        after=details,
    )


def current(tenant_id: int, rates: Sequence[NewRate]) -> list[FxRate]:
    """Return the current versions of rates, in their order. One statement."""
    rows = FxRate.objects.raw(_CURRENT, {
        "tenant": tenant_id,
        "bases": [rate.base for rate in rates],
        "quotes": [rate.quote for rate in rates],
        "starts": [rate.valid_from for rate in rates],
    })  # fmt: skip
    return list(rows)
