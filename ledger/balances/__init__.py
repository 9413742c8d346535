"""Balances as of a business day or an instant, statements of an account, and the reports made of them. Reads only."""
