"""What intake and decisions share on their way to the books: known rows of a tenant, rates, rows of references."""
