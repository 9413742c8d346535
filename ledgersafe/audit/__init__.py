"""The audit trail: who did what and why, sealed in hash-chained blocks whose heads are anchored outside the database.

`trail` writes an entry in the caller's transaction; `sealing` puts entries into the next block and `anchors` writes
heads down; `chain` recomputes, `full_check` for `verify_audit` and `page_check` for the page, bounded in time; `diffs`
shows what changed.
"""
