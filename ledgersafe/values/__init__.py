"""Values and texts: money, exact JSON, days and instants, card numbers, refusals. No database, no HTTP.

`money` counts in minor units and knows every currency; `money_text` writes amounts for people; `exact_json` reads a
body
without losing a digit and `plain_json` does the same in C for ordinary ones; `moments` reads days and instants;
`card_numbers` finds and masks them; `csv_text` writes tables that no spreadsheet runs; `errors` are the refusals every
app
answers with. Everything may import this room; it imports nothing of ours.
"""
