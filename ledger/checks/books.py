"""Invariants of the books: journals, postings, business days and snapshots. One statement each."""

from typing import Final

from ledgersafe.idempotency.invariants import STORED_STATUS
from ledgersafe.postgres.invariants import Invariant, by_sql

_BALANCED: Final = """
SELECT min(p.tenant_id), 'journals', p.journal_id::text,
       'is off by ' || sum(p.amount_minor) || ' ' || p.currency || ' (minor units)'
FROM postings p
WHERE %(tenant)s IN (0, p.tenant_id) AND p.business_date >= %(since)s::date
GROUP BY p.journal_id, p.currency HAVING sum(p.amount_minor) <> 0
"""

_COMPLETE: Final = """
SELECT j.tenant_id, 'journals', j.id::text,
       'was sealed with ' || j.posting_count || ' postings, has ' || count(p.journal_id)
       || CASE WHEN bool_or(p.amount_minor = 0) THEN ', one of them zero' ELSE '' END
FROM journals j LEFT JOIN postings p ON p.journal_id = j.id
WHERE %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
GROUP BY j.id HAVING count(p.journal_id) <> j.posting_count OR count(p.journal_id) < 2 OR bool_or(p.amount_minor = 0)
"""

_CURRENCY: Final = """
SELECT p.tenant_id, 'postings', p.journal_id || '/' || p.line_no,
       'is in ' || p.currency || ', its account in ' || a.currency
FROM postings p JOIN accounts a ON a.id = p.account_id
WHERE %(tenant)s IN (0, p.tenant_id) AND p.business_date >= %(since)s::date AND a.currency <> p.currency
"""

_TRIAL_BALANCE: Final = """
SELECT p.tenant_id, 'postings', p.currency, 'all postings in ' || p.currency || ' come to ' || sum(p.amount_minor)
FROM postings p
WHERE %(tenant)s IN (0, p.tenant_id) AND p.business_date >= %(since)s::date
GROUP BY p.tenant_id, p.currency HAVING sum(p.amount_minor) <> 0
"""

#: Line by line: the same accounts with the opposite amounts, as often as in the original.
_REVERSALS: Final = """
SELECT r.tenant_id, 'journals', r.id::text,
       CASE WHEN o.reverses_id IS NOT NULL THEN 'reverses journal ' || o.id || ', itself a reversal'
            WHEN earlier.id IS NOT NULL THEN 'reverses journal ' || o.id || ' again, after ' || earlier.id
            ELSE 'does not mirror journal ' || o.id END
FROM journals r
JOIN journals o ON o.id = r.reverses_id
LEFT JOIN LATERAL (
    SELECT min(x.id) AS id FROM journals x
    WHERE x.tenant_id = r.tenant_id AND x.reverses_id = r.reverses_id AND x.id < r.id
) earlier ON true
CROSS JOIN LATERAL (
    SELECT array_agg(ARRAY[p.account_id, -p.amount_minor] ORDER BY p.account_id, -p.amount_minor) AS lines
    FROM postings p WHERE p.journal_id = r.id
) mirror
CROSS JOIN LATERAL (
    SELECT array_agg(ARRAY[p.account_id, p.amount_minor] ORDER BY p.account_id, p.amount_minor) AS lines
    FROM postings p WHERE p.journal_id = o.id
) original
WHERE r.reverses_id IS NOT NULL AND %(tenant)s IN (0, r.tenant_id) AND r.business_date >= %(since)s::date
  AND (o.reverses_id IS NOT NULL OR earlier.id IS NOT NULL OR mirror.lines IS DISTINCT FROM original.lines)
"""

#: A posting with another day than its journal's would be in a day that its poster never locked.
_CLOSED_DAYS: Final = """
SELECT j.tenant_id, 'journals', j.id::text,
       CASE WHEN d.id IS NULL THEN 'is of ' || j.business_date || ', which was never opened'
            ELSE 'was recorded at ' || j.recorded_at || ', after ' || j.business_date || ' was closed at '
                 || d.closed_at END
FROM journals j LEFT JOIN periods d ON d.tenant_id = j.tenant_id AND d.business_date = j.business_date
WHERE %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
  AND (d.id IS NULL OR (d.status = 'closed' AND j.recorded_at > d.closed_at))
UNION ALL
SELECT p.tenant_id, 'postings', p.journal_id || '/' || p.line_no,
       'is of ' || p.business_date || ', its journal of ' || j.business_date
FROM postings p JOIN journals j ON j.id = p.journal_id
WHERE %(tenant)s IN (0, p.tenant_id) AND least(p.business_date, j.business_date) >= %(since)s::date
  AND p.business_date <> j.business_date
"""

#: One pass over the postings: movements per account and day, summed from the beginning. Snapshots of an undone close
#: are not compared: the day took postings afterwards, and only its last close counts.
_SNAPSHOTS: Final = """
WITH last_closes AS (
    SELECT d.tenant_id, d.business_date, d.status, count(r.id) + 1 AS revision
    FROM periods d LEFT JOIN period_reopenings r ON r.tenant_id = d.tenant_id AND r.period_id = d.id
    WHERE %(tenant)s IN (0, d.tenant_id) GROUP BY d.id
), moved AS (
    SELECT p.account_id, p.business_date, sum(p.amount_minor) AS amount
    FROM postings p WHERE %(tenant)s IN (0, p.tenant_id) GROUP BY 1, 2
    UNION ALL
    SELECT s.account_id, s.business_date, 0 FROM balance_snapshots s WHERE %(tenant)s IN (0, s.tenant_id)
), running AS (
    SELECT account_id, business_date,
           sum(sum(amount)) OVER (PARTITION BY account_id ORDER BY business_date) AS balance
    FROM moved GROUP BY 1, 2
)
SELECT s.tenant_id, 'balance_snapshots', s.id::text,
       CASE WHEN d.status IS DISTINCT FROM 'closed' THEN 'is of ' || s.business_date || ', which is not closed'
            ELSE 'says ' || s.balance_minor || ', the postings through ' || s.business_date || ' come to ' || r.balance
       END
FROM balance_snapshots s
JOIN running r USING (account_id, business_date)
LEFT JOIN last_closes d ON d.tenant_id = s.tenant_id AND d.business_date = s.business_date
WHERE %(tenant)s IN (0, s.tenant_id) AND s.business_date >= %(since)s::date
  AND s.revision >= coalesce(d.revision, 1)
  AND (r.balance <> s.balance_minor OR d.status IS DISTINCT FROM 'closed')
"""

#: Days without postings may have no row; consecutive dates have neither gap nor overlap. No day lies before the start
#: of the tenant's books.
_DAYS: Final = """
WITH days AS (
    SELECT d.*, t.books_start, lag(business_date) OVER calendar AS day_before, lag(ends_at) OVER calendar AS end_before,
           bool_or(status = 'open') OVER (calendar ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS open_before
    FROM periods d JOIN tenants t ON t.id = d.tenant_id WHERE %(tenant)s IN (0, d.tenant_id)
    WINDOW calendar AS (PARTITION BY tenant_id ORDER BY business_date)
)
SELECT tenant_id, 'periods', id::text, 'business day ' || business_date ||
       CASE WHEN ends_at <= starts_at THEN ' ends before it starts'
            WHEN starts_at < end_before THEN ' overlaps ' || day_before
            WHEN status = 'closed' AND open_before THEN ' is closed although an earlier day is open'
            WHEN business_date < books_start THEN ' lies before the books start on ' || books_start
            ELSE ' leaves a gap after ' || day_before END
FROM days
WHERE business_date >= %(since)s::date
  AND (ends_at <= starts_at OR starts_at < end_before OR (status = 'closed' AND open_before)
       OR business_date < books_start
       OR (business_date = day_before + 1 AND starts_at <> end_before))
"""

#: All postings to an account with a floor, counted on its normal side.
_FLOORS: Final = """
SELECT a.tenant_id, 'accounts', a.id::text,
       'account ' || a.code || ' is at ' || balance.amount || ', below its floor of ' || a.floor_minor
       || ' (minor units)'
FROM accounts a
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor), 0) * CASE WHEN a.type IN ('ASSET', 'EXPENSE') THEN 1 ELSE -1 END AS amount
    FROM postings p WHERE p.tenant_id = a.tenant_id AND p.account_id = a.id
) balance
WHERE a.floor_minor IS NOT NULL AND balance.amount < a.floor_minor AND %(tenant)s IN (0, a.tenant_id)
"""

#: Every command has its journal, and the journal of a transfer has the command it names.
_COMMANDS: Final = """
SELECT c.tenant_id, 'transfers', c.id::text, 'key ' || c.client_id || '/' || c.idempotency_key || ' points at '
       || CASE WHEN j.id IS NULL THEN 'a journal that does not exist' ELSE 'a journal of something else' END
FROM transfers c LEFT JOIN journals j ON j.id = c.journal_id AND j.tenant_id = c.tenant_id
WHERE %(tenant)s IN (0, c.tenant_id) AND c.created_at >= %(since)s::date
  AND (j.id IS NULL OR j.source <> 'transfer' OR (j.reverses_id IS NULL AND j.source_key <> c.id::text))
UNION ALL
SELECT j.tenant_id, 'journals', j.id::text, 'has no command: there is no transfer ' || j.source_key
FROM journals j LEFT JOIN transfers c ON c.tenant_id = j.tenant_id AND c.journal_id = j.id
WHERE j.source = 'transfer' AND c.id IS NULL
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
"""

#: The journal that a stored answer names; the answer's bytes are read as text, whatever they are.
_ANSWERED_JOURNALS: Final = """
SELECT k.tenant_id, 'idempotency_keys', k.id::text,
       'key ' || k.key || ' was answered with journal ' || named.journal || ', which does not exist'
FROM idempotency_keys k
CROSS JOIN LATERAL (
    SELECT substring(encode(k.body, 'escape') FROM '"journal_id": ?([0-9]{1,18})')::bigint AS journal
) named
LEFT JOIN journals j ON j.tenant_id = k.tenant_id AND j.id = named.journal
WHERE k.status < 300 AND named.journal IS NOT NULL AND j.id IS NULL
  AND %(tenant)s IN (0, k.tenant_id) AND k.created_at >= %(since)s::date
"""

INVARIANTS: Final = (
    Invariant("I14", "Every journal sums to zero per currency.", by_sql(_BALANCED)),
    Invariant(
        "I15",
        "Every journal has at least two postings, none zero, and as many as it was sealed with.",
        by_sql(_COMPLETE),
    ),
    Invariant("I16", "A posting's currency is its account's.", by_sql(_CURRENCY)),
    Invariant("I19", "The trial balance is zero per tenant and currency.", by_sql(_TRIAL_BALANCE)),
    Invariant("I20", "No account with a floor is below it.", by_sql(_FLOORS)),
    Invariant(
        "I21",
        "A reversal mirrors exactly one journal, and a journal is reversed at most once.",
        by_sql(_REVERSALS),
    ),
    Invariant("I24", "Nothing was posted into a closed day after its close.", by_sql(_CLOSED_DAYS)),
    Invariant("I25", "Every snapshot equals the recomputed balance at its boundary.", by_sql(_SNAPSHOTS)),
    Invariant(
        "I26",
        "Business days tile the time line: half-open, no gap, no overlap, closed days contiguous.",
        by_sql(_DAYS),
    ),
    Invariant(
        "I34",
        "A money command that was carried out has its journal, and a stored answer is one that may be stored.",
        by_sql(_COMMANDS, STORED_STATUS, _ANSWERED_JOURNALS),
    ),
)
