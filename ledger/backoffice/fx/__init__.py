"""Pages about foreign currency: rates, settlements and the open position of a tenant."""
