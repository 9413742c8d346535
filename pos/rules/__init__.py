"""From an event to a journal on paper, or to the reason why it is held. Pure.

`decide` is the way in: is the type on, which day is it, is it too late; then `sale` for sales and cash moves,
`referring` for events about another one. Nothing here knows the database: a decision can be tried, previewed and tested
alone.
"""
