"""Transfers between accounts and their reversals, by the API: exactly once per client and key.

`requests` reads a body, `transfer` and `reversals` are the use cases (one statement posts any number), `clients` finds
out under which name a rotated key has sent the same before.
"""
