"""Cash drawers: open, move cash, count, close, approve; X and Z reports.

`drawer` has the use cases of a drawer's life, `transactions` those that move money through an open one; both lock the
drawer's row first. `requests` reads what was asked for, `caller` says which drawers a caller reaches, `queries` and
`reports` read, `printed_reports` lays out the receipt.
"""
