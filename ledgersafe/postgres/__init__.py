"""The one way to Postgres: transactions, statements, guards and the checks that read them.

`db` opens tenant transactions, retries serialization failures and calls functions in one message; `patience` bounds how
long the web waits; `declared` reads the functions and triggers that migrations install, `grants` gives them to the
application role, `logins` finds out under which role a process works; `invariants` is the frame of every app's checks;
`append_only_sums` remembers sums over tables that only grow.
"""
