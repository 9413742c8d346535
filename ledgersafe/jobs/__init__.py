"""Scheduled jobs: a worker and its scheduler in one process beside the web server, and the page that shows them.

`child_process` starts it (`manage.py serve` and `demo`), `supervisor` restarts it, `__main__` is that process with the
`scheduler` in it. `own_jobs` names the product's jobs, `state` checks what is alive, `changes` has the use cases of the
page in `admin` (with `forms`).
"""
