"""Bodies of rates, conversions and settlements: rates and amounts as decimal text."""

from datetime import datetime
from typing import Any

from ledger.fx import Conversion, Rate, conversion
from ledger.fx.rates import max_age
from ledger.models import FxRate, FxSettlement
from ledgersafe.http.rendering import instant
from ledgersafe.values.money import to_decimal_text


def rate_item(rate: FxRate) -> dict[str, Any]:
    """Return the body of one version of a rate."""
    return {
        "rate_id": rate.pk,
        "pair": rate.pair,
        "rate": conversion.rate_text(rate.rate),
        "valid_from": instant(rate.valid_from),
        "version": rate.version,
        "superseded": vars(rate).get("superseded", False),
        "source": rate.source,
        "actor": rate.actor,
        "recorded_at": instant(rate.recorded_at),
    }


def current_item(rate: Rate, source: str, target: str, at: datetime) -> dict[str, Any]:
    """Return the body of the rate that holds: in the requested direction, and as recorded."""
    inverted = rate.base != source
    return {
        "pair": f"{source}/{target}",
        "rate": conversion.inverse_text(rate.value) if inverted else rate.text,
        "inverted": inverted,
        "rate_id": rate.id,
        "recorded_pair": rate.pair,
        "recorded_rate": rate.text,
        "valid_from": instant(rate.valid_from),
        "as_of": instant(at),
        "age_seconds": int((at - rate.valid_from).total_seconds()),
        "stale": conversion.is_stale(rate.valid_from, at, max_age()),
    }


def conversion_item(result: Conversion, at: datetime) -> dict[str, Any]:
    """Return the body of a conversion."""
    return {
        "from": result.source,
        "to": result.target,
        "amount": to_decimal_text(result.amount_minor, result.source),
        "converted": to_decimal_text(result.converted_minor, result.target),
    } | current_item(result.rate, result.source, result.target, at)


def settlement_item(row: FxSettlement) -> dict[str, Any]:
    """Return the body of a settlement, with its rate."""
    return {
        "settlement_id": row.pk,
        "from_account": row.from_account.code,
        "to_account": row.to_account.code,
        "amount": to_decimal_text(row.amount_minor, row.source_currency),
        "ccy": row.source_currency,
        "converted": to_decimal_text(row.converted_minor, row.target_currency),
        "converted_ccy": row.target_currency,
        "rate_id": row.rate_id,
        "pair": row.rate.pair,
        "rate": conversion.rate_text(row.rate_value),
        "inverted": row.inverted,
        "rate_valid_from": instant(row.rate.valid_from),
        "as_of": instant(row.as_of),
        "value_date": row.business_date.isoformat(),
        "source_journal_id": row.source_journal_id,
        "target_journal_id": row.target_journal_id,
        "client_id": row.client_id,
        "idempotency_key": row.idempotency_key,
        "memo": row.memo or None,
        "created_at": instant(row.created_at),
    }


def settled_item(row: FxSettlement, *, is_new: bool, dry_run: bool) -> dict[str, Any]:
    """Return the body of a settlement's outcome; a dry run has no ids."""
    status = "duplicate" if not is_new else "dry_run" if dry_run else "applied"
    item = settlement_item(row) | {"status": status}
    if status == "dry_run":
        item |= dict.fromkeys(("settlement_id", "source_journal_id", "target_journal_id", "created_at"))
    return item
