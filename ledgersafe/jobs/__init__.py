"""Scheduled jobs: a worker and its scheduler in one process beside the web server, and the page that shows them.

`beside` starts it (`manage.py serve` and `demo`) → `__main__` is that process → `state` asks what is alive → `admin`.
"""
