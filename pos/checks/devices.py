"""Check that device ranges are the numbers that arrived, and that explanations do not overlap (I13)."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

#: An unexplained hole is no violation: `GET /v1/devices` reports it. Ranges lag until the next fold; but a fold takes
#: every committed number, so numbers received well before a folded one must be in a range.
_SEQUENCES: Final = """
SELECT r.tenant_id, 'device_ranges', r.device_id || ' ' || r.first_seq, 'names numbers that never came'
FROM device_ranges r
WHERE %(tenant)s IN (0, r.tenant_id)
  AND (SELECT count(*) FROM events_processed k WHERE k.tenant_id = r.tenant_id AND k.device_id = r.device_id
       AND k.device_seq IS NOT NULL AND k.device_seq BETWEEN r.first_seq AND r.last_seq) <> r.last_seq - r.first_seq + 1
UNION ALL
SELECT r.tenant_id, 'device_ranges', r.device_id || ' ' || r.first_seq, 'overlaps or touches the next range'
FROM (SELECT x.*, lead(x.first_seq) OVER (PARTITION BY x.tenant_id, x.device_id ORDER BY x.first_seq) AS after
      FROM device_ranges x WHERE %(tenant)s IN (0, x.tenant_id)) r
WHERE r.after - 1 <= r.last_seq
UNION ALL
SELECT k.tenant_id, 'events_processed', k.id::text,
       'number ' || k.device_seq || ' of device ' || k.device_id || ' is in no range'
FROM devices d
JOIN events_processed k ON k.tenant_id = d.tenant_id AND k.device_id = d.device_id AND k.device_seq IS NOT NULL
     AND k.first_seen_at < d.last_received_at - interval '10 minutes'
WHERE %(tenant)s IN (0, d.tenant_id) AND k.last_seen_at >= %(since)s::date
  AND NOT EXISTS (SELECT FROM device_ranges r WHERE r.tenant_id = k.tenant_id AND r.device_id = k.device_id
                  AND k.device_seq BETWEEN r.first_seq AND r.last_seq)
UNION ALL
SELECT x.tenant_id, 'device_gap_explanations', x.id::text, concat_ws(', ',
       CASE WHEN x.reason = '' OR x.explained_by = '' THEN 'is by nobody, or for no reason' END,
       CASE WHEN x.after <= x.last_seq THEN 'overlaps the next explanation' END,
       CASE WHEN x.is_outside THEN 'is not between events of the device' END)
FROM (SELECT e.*, lead(e.first_seq) OVER (PARTITION BY e.tenant_id, e.device_id ORDER BY e.first_seq) AS after,
             NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = e.tenant_id AND k.device_id = e.device_id
                         AND k.device_seq IS NOT NULL AND k.device_seq < e.first_seq)
             OR NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = e.tenant_id
                            AND k.device_id = e.device_id AND k.device_seq IS NOT NULL
                            AND k.device_seq > e.last_seq) AS is_outside
      FROM device_gap_explanations e WHERE %(tenant)s IN (0, e.tenant_id)) x
WHERE x.reason = '' OR x.explained_by = '' OR x.after <= x.last_seq OR x.is_outside
"""

INVARIANTS: Final = (
    Invariant(
        "I13",
        "A device's ranges are the numbers that came; what is explained as missing is explained once, by somebody.",
        by_sql(_SEQUENCES),
    ),
)
