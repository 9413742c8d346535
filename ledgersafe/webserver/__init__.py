"""The web server's own half: how requests arrive and how answers leave, whoever is at the other end of the line.

gunicorn's threads are few, so nothing slow may hold one. A worker's event loop receives each request whole, within a
total deadline, before a thread sees it, and sends what a slow reader does not take at once:
`worker` (gunicorn's threaded worker with such a loop) → `connections` (one client) → `incoming` (one request while it
arrives; `framing` finds its end) and `outgoing` (one answer) → `refusing` (what the server answers by itself);
`limits` says how long and how much, `budget` counts it. `warming` loads the application before the workers are forked.
"""
