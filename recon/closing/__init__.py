"""The close of a business day: what stands against it, closing, reopening, and what the hourly job does by itself.

`close` has the use case, which locks the tenant's days; `readiness` says what stands against it (`held_events`,
`open_drawers`), `days` lists days, `due` finds those that are over, `empty_days` closes days nobody sold on.
"""
