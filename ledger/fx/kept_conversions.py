"""Store the conversions of till events: foreign tenders beside their journals, with the rates used."""

from collections.abc import Iterable

from ledger.fx.conversion import Conversion
from ledger.models import FxConversion
from ledgersafe.postgres.db import require_transaction


def keep(tenant_id: int, conversions: Iterable[tuple[int, Conversion]]) -> None:
    """Store conversions; operation. One statement, none for an empty argument.

    :param conversions: (journal id, conversion).
    """
    require_transaction()
    rows = [
        FxConversion(
            tenant_id=tenant_id,
            journal_id=journal_id,
            rate_id=conversion.rate.id,
            rate_value=conversion.rate.value,
            inverted=conversion.inverted,
            source_currency=conversion.source,
            target_currency=conversion.target,
            amount_minor=conversion.amount_minor,
            converted_minor=conversion.converted_minor,
            shift=conversion.shift,
        )
        for journal_id, conversion in conversions
    ]
    if rows:
        FxConversion.objects.bulk_create(rows)
