"""Prometheus metrics, named as in the contract. Labels are bounded: never a tenant, never a raw path."""

from prometheus_client import Counter, Gauge, Histogram

_MILLISECONDS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 1000, 2500, 5000)

events = Counter("pos_events_total", "Events answered, by outcome.", ["result", "reason_code"])
ingest_latency = Histogram(
    "pos_ingest_latency_ms", "One event from bytes to commit, in milliseconds.", buckets=_MILLISECONDS
)
ledger_transactions = Counter("ledger_tx_total", "Requested journals, by result.", ["result"])
posting_latency = Histogram(
    "ledger_posting_latency_ms",
    "The database's part of posting, to commit, in milliseconds.",
    buckets=_MILLISECONDS,
)
serialization_retries = Counter(
    "ledger_serialization_retries_total", "Transactions run again on 40001, 40P01 or a key just taken."
)
row_by_row = Counter(
    "ingest_row_by_row_total",
    "Receptions sent again row by row, because Postgres refused them in columns; see the log.",
    ["sqlstate"],
)
idempotency_guard = Counter(
    "idempotency_guard_total",
    "Money commands by what the guard of their key did.",
    ["outcome"],
)
invariant_violations = Gauge(
    "invariant_violations",
    "Rows found by the last verify_books.",
    ["invariant"],
    multiprocess_mode="mostrecent",
)
exceptions_open = Gauge(
    "pos_exceptions_open",
    "Held events waiting for a person.",
    ["reason_code"],
    multiprocess_mode="mostrecent",
)
device_missing_events = Gauge(
    "pos_device_missing_events",
    "Numbers of devices that never came and that nobody has explained, as of the last fold.",
    multiprocess_mode="mostrecent",
)
web_refusals = Counter(
    "web_refusals_total",
    "Requests and connections that the web server itself refused or gave up, before any view, by reason.",
    ["reason"],
)
