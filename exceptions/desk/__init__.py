"""The operator's desk: inbox, review, decisions, bulk and their API. Nothing imports it but Django.

The one place of this app that imports the till's side, which stands above it: `case_view` reads a held event's arrivals
and versions, `actions` calls the use cases that decide.
"""
