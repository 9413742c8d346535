"""JSON of what a decision did, or would do: answers of resolve, preview and bulk-resolve."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ledgersafe.values.errors import NotFound
from ledgersafe.values.money import to_decimal_text
from pos.decisions import effects
from pos.decisions.resolve import BulkOutcome, Preview, ResolvedCase


def resolved_answer(resolved: ResolvedCase) -> dict[str, Any]:
    """JSON of a resolved case."""
    return {
        "exception_id": str(resolved.case_id),
        "status": "resolved",
        "replay": {
            "attempted": resolved.attempted,
            "result": resolved.result or None,
            "canonical_raw_id": resolved.canonical_raw_id,
            "final_payload_hash": resolved.final_payload_hash,
            "journal_id": resolved.journal_id,
            "reversal_journal_id": resolved.reversal_journal_id,
        },
    }


def preview_answer(preview: Preview) -> dict[str, Any]:
    """JSON of a preview; without journal ids, as those of a rolled-back run mean nothing."""
    return {
        "exception_id": str(preview.resolved.case_id),
        "result": preview.resolved.result or None,
        "canonical_raw_id": preview.resolved.canonical_raw_id,
        "final_payload_hash": preview.resolved.final_payload_hash,
        "final_payload": canonical_fragment(preview.payload_text),
        "journals": [effects.as_dict(journal, to_decimal_text) for journal in preview.journals],
        "change": _change(preview),
        "needs_second_person": preview.needs_second_person,
    }


def _change(preview: Preview) -> dict[str, dict[str, str]]:
    """Each figure in every currency that moves, with zeros: `{"drawer": {"USD": "0.50"}, …}`."""
    currencies = sorted({line.currency for journal in preview.journals for line in journal.lines})
    return {
        name: {currency: to_decimal_text(by_currency.get(currency, 0), currency) for currency in currencies}
        for name, by_currency in preview.change.items()
    }


def canonical_fragment(text: str | None) -> Any:
    """Pass JSON text through unparsed, so that its numbers stay exact."""
    return orjson.Fragment(text) if text is not None else None


def bulk_answer(case_ids: Sequence[uuid.UUID], outcomes: Mapping[uuid.UUID, BulkOutcome]) -> dict[str, Any]:
    """JSON of a bulk decision: a result per id, in order, and the number of results by status."""
    results = [_bulk_result(case_id, outcomes.get(case_id)) for case_id in case_ids]
    return {"results": results, "counts": dict(Counter(result["status"] for result in results))}


def _bulk_result(case_id: uuid.UUID, outcome: BulkOutcome | None) -> dict[str, Any]:
    if outcome is not None and outcome.resolved is not None:
        return resolved_answer(outcome.resolved)
    refusal = outcome.refusal if outcome and outcome.refusal else NotFound("There is no such exception.")
    return {"exception_id": str(case_id), "status": "refused", "code": refusal.code, "detail": refusal.message}
