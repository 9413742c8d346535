"""The set-up pages of the back office: tenants, stores, registers and API keys.

Each kind of object has an admin class (`tenants`, `places`, `api_keys`), forms and cards; `frame`, `fields` and
`formatting` are shared. Pages show rows read-only; each form runs one use case of `ledgersafe.setup`.
"""
