"""Which business day an instant belongs to, by the clock of the tenant or of a store; days in query strings."""
