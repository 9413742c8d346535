"""What intake and decisions share on their way to the books.

`tenant_memory` is what a process remembers of a tenant (`memory_of`), so that an ordinary event needs one round trip;
`prerequisites` finds and opens the stores, registers, days and accounts that postings need, inside the caller's
transaction; `foreign_rates` reads the rates of events paid in foreign currencies; `reference_rows` encodes references.

Decisions read a tenant anew and remember nothing; intake remembers after its commit, and runs again when memory turns
out to be out of date (`ledgersafe.postgres.db.StaleMemory`).
"""

from pos.posting.foreign_rates import rates_for
from pos.posting.prerequisites import KnownRows, Prerequisites, prerequisites_of, remembered_ids
from pos.posting.reference_rows import reference_row
from pos.posting.tenant_memory import Place, TenantMemory, announce_waits, memory_of, read_anew

__all__ = [
    "KnownRows", "Place", "Prerequisites", "TenantMemory", "announce_waits", "memory_of", "prerequisites_of",
    "rates_for", "read_anew", "reference_row", "remembered_ids",
]  # fmt: skip
