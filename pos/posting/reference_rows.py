"""Encode references to other events for SQL. Pure."""

from typing import Any

from pos.references import Reference


def reference_row(reference: Reference) -> dict[str, Any]:
    """Encode a reference as one row of `sale_references`, as `pos_take_keys_v1` and `pos_record_facts_v1` read it."""
    return {
        "of": reference.original_key,
        "kind": reference.kind,
        "sign": reference.sign,
        "amount": reference.amount_minor,
        "lines": [used.as_row() for used in reference.lines],
        "base": reference.base_journal_id,
    }
