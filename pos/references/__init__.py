"""Events about other events: the original sale, and what was returned, voided or corrected of it.

`original` and `usage` are pure. `lookup` locks the originals' keys in key order and reads them in one statement, inside
the caller's transaction: two returns of one sale never both see it whole.
"""
