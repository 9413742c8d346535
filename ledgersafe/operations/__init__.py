"""What operators start and watch: the web server, health, metrics, and the verification of the books.

`serving` starts gunicorn on a migrated database, `ports` finds a free one, `migration_progress` shows how far
migrations are; `health` and `scraping` answer probes and Prometheus; `verification` runs the invariants of all apps.
"""
