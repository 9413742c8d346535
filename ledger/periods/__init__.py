"""Business days as rows: open, seal, reopen; and the calendar of a tenant as a process remembers it.

`periods` holds operations: each expects the caller's transaction, and the trigger on `periods` takes the day's lock.
"""
