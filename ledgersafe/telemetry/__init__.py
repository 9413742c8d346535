"""Observe the running product. Every room may import this one; it imports none of ours.

`metrics`: all Prometheus metrics in one place; labels are bounded (never a tenant, never a raw path).
`request_id`: the id of the current request, the same in logs, problems and the audit trail.
`logs`: one JSON object per line (`LOG_FORMAT=json`).
"""
