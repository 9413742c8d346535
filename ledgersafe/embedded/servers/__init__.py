"""Start one private server: Postgres or Valkey.

`postgres` and `valkey` have a `launch(folder, port)` each, which answers a `RunningServer`; `launcher` is what both
share (wait for a predecessor, choose a port, await an answer). `binaries` finds the programs, `homes` a folder that the
server's account can reach, `server_user` the account, `cluster` and `roles` set a new database cluster up, and
`process` ends the server when its supervisor dies.

Only the supervisor calls this room. It holds the lock of the server's folder meanwhile (`embedded.locks`), so that no
two processes start the same server.
"""
