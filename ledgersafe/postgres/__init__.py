"""The only way to Postgres: transactions, SQL functions, privileges and checks.

`db`: a use case opens its one transaction with `tenant_transaction`, an operation asks for it with
`require_transaction`, a read sees one moment in `read_only_snapshot`; `call` runs our SQL functions in one message;
`retry_serialization` runs a whole use case again when Postgres asks for it.
`arrays`: encode the columns of many rows; `append_only_sums`: remember sums over tables that only grow.
`patience`: timeouts of the web server; jobs and commands have none.
`functions` and `rework`: one source file per SQL function, the migrations that replace it, and how to begin a change;
`declared`: functions and triggers as these files declare them; `grants`: the application role's privileges;
`logins`: warn of a login with more power than that role; `invariants`: the frame of every app's checks.
"""
