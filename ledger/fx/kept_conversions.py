"""What till events took in foreign currencies, kept beside their journals with the rates it was converted by."""

from collections.abc import Iterable

from ledger.fx.conversion import Conversion
from ledger.models import FxConversion
from ledgersafe.postgres.db import require_transaction


def keep(tenant_id: int, converted: Iterable[tuple[int, Conversion]]) -> None:
    """Keep conversions by the journal they went into; operation. One statement, none when there is nothing."""
    require_transaction()
    rows = [
        FxConversion(
            tenant_id=tenant_id,
            journal_id=journal_id,
            rate_id=one.rate.id,
            rate_value=one.rate.value,
            inverted=one.inverted,
            source_currency=one.source,
            target_currency=one.target,
            amount_minor=one.amount_minor,
            converted_minor=one.converted_minor,
            shift=one.shift,
        )
        for journal_id, one in converted
    ]
    if rows:
        FxConversion.objects.bulk_create(rows)
