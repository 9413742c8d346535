"""`make demo`: the 60-second story, told on a fresh tenant against a real server.

`story`: the requests, with the answer each must get; `stage`: prints them, and bronze, gate and books after each.
`server`: gunicorn as a child process that cannot outlive the demo; `tenants`: a tenant with empty books for each run.
The command is `management/commands/demo.py`; the simulation uses `server` and `tenants` too.
"""
