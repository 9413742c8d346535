"""Tenants, their stores and registers, API keys and people's roles: whose data it is, and who may touch it.

`models`: the tables; `event_types`: the event types a tenant may accept, with their meanings.
`principals`: the caller of a request, an API key or a person, on one tenant.
`keys`: issue and revoke keys; `authentication`: authenticate them; `lineage`: chains of rotated keys.
`scopes`: what a key may do, in words; `roles`: what people may do; `staff`: whose books they may do it on.
`zones`: the time zones of stores, by which business days end.
`references` and `invariants`: what the database must hold for every tenant table.

Use cases and pages that change these are in `setup` and `people`, above the audit trail.
"""
