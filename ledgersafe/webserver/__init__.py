"""gunicorn's threaded worker, made safe against slow clients.

gunicorn has few threads, so none may wait for a client. An event loop receives each request whole, within a total
deadline, before a thread sees it, and sends what a slow reader does not take at once.

`worker.BufferingWorker` is what gunicorn loads (`deploy/gunicorn.py`). It receives, answers and sends over the
`connection_loop`, which accepts clients, watches them, and closes the slowest when there are too many.
`connections`: one client; `incoming` and `framing`: its request while it arrives; `outgoing`: its answer.
`refusals`: what the server answers itself; `limits` and `budget`: time and bytes per client and for all.
`preload`: warm the application up before workers are forked.
"""
