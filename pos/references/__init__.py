"""Events about other events: the original, and what earlier events have used of it.

In: the name an event gives its original. Out: an `Original` with its `Usage`, by which `pos.rules` decides whether a
return, void, correction or tip still fits. The names below are pure values.

`lookup` reads and locks originals in Postgres (`Originals`), inside a use case's transaction, for intake and decisions.
It is imported from its file: the rules need the values alone, and no database. `rows` is its wire.
"""

from pos.references.original import Original, extras_of, parts_of, sold_of, total_of
from pos.references.usage import CORRECTION, KINDS, RETURN, TIP_ADJUST, VOID, Reference, Usage, UsedLine, usage_of

__all__ = [
    "CORRECTION", "KINDS", "RETURN", "TIP_ADJUST", "VOID", "Original", "Reference", "Usage", "UsedLine", "extras_of",
    "parts_of", "sold_of", "total_of", "usage_of",
]  # fmt: skip
