"""Write a reference to another event as the SQL functions read it. Pure."""

from typing import Any

from pos.references.usage import Reference


def reference_row(reference: Reference) -> dict[str, Any]:
    """One row of `sale_references`."""
    return {
        "of": reference.original_key,
        "kind": reference.kind,
        "sign": reference.sign,
        "amount": reference.amount_minor,
        "lines": [used.as_row() for used in reference.lines],
        "base": reference.base_journal_id,
    }
