"""Operate the product: the roof that looks at every app.

`health`: `/health` (alive), `/ready` (database reachable), `/v1/health` (counters).
`scraping`: `/metrics` for Prometheus.
`verification`: all invariants of all apps in one read-only snapshot; the command `verify_books`, a job and the
dashboard use it.
`serving`, `ports`, `migration_progress`: start the web server for a person who waits.
"""
