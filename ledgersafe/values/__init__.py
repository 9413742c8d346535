"""Values and texts, without database and HTTP views. Every room may import this one; it imports none of ours.

`money`: amounts in integer minor units, and all currencies; `money_text`: amounts for people.
`exact_json`: read a body without losing a digit; `plain_json`: the same in C for ordinary bodies.
`moments`: read days and instants; `cursors`: read the position in a list.
`card_numbers`: find and mask card numbers, which must not be kept.
`csv_text`: tables for spreadsheets, safe from formulas; `pretty`: payloads for people.
`errors`: refusals (`DomainError`) with code, HTTP status and message; a problem+json answer is made of each.
"""
