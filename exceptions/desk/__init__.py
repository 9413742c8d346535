"""The operator's desk: inbox, review, decisions, bulk and their API.

The one place that looks up the stack: it presses the till's use cases (`actions`) and shows what the till knows of a
held event (`case_view`). Nothing imports it but Django.
"""
