"""The project: the floor that every app stands on, and the roof over all apps.

Floor, from the bottom; a room imports only rooms above it in this list:
  values        money, exact JSON, days and instants, card numbers, refusals
  telemetry     metrics, logs, request id
  postgres      transactions, calls of SQL functions, privileges, the frame of invariants
  tenants       tenants, stores, registers, API keys, people's roles
  backoffice    the frame of every page
  http          authentication, rights, bodies, paging, problems, the OpenAPI schema
  audit         the audit trail: entries, seals, anchors
  idempotency   money commands once per key
  setup         USE CASES and pages: tenants, stores, registers, API keys
  people        USE CASES and pages: who may sign in, and signing in

On it stand `ledger`, `exceptions`, `pos` and `recon`. Roof:
  operations    health, metrics, verification of all books, starting the web server
  dashboard     the first page;  jobs  the scheduled jobs
  demo          `make demo`;     simulation  `manage.py simulate_day`
  management    the commands;    urls.py  every address

Beside both, without a word of any app: `webserver` (gunicorn's worker) and `embedded` (private Postgres and Valkey).
`settings.py`, `celery.py` and `wsgi.py` configure and start processes. Import rules are in `pyproject.toml`.
"""
