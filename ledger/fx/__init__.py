"""Foreign exchange: rates, exact conversion, settlement of foreign amounts, positions and their revaluation.

`conversion` is pure and rounds once; `rates` finds the rate of an instant, `record_rates` adds one, `rate_text` and
`rate_files` read what people send; `settle` and `revaluation` post; `kept_conversions` proves what was converted.
"""
