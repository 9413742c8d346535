"""Start one private server: Postgres or Valkey.

`postgres` and `valkey` each have a `launch(folder, port)` that answers a `RunningServer`; `launcher` is what both share
(wait for a predecessor, choose a port, await readiness). `binaries` finds the programs, `homes` a folder that the
server's account may use, `server_user` the account itself, `cluster` and `roles` a new database cluster, and `process`
ends the server when its supervisor dies.

Only the supervisor calls this room. It holds the folder's supervisor lock while it does (`embedded.locks`), so no two
processes start the same server.
"""
