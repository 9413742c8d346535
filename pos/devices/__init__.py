"""Numbers that a device gives its events: which came, which are missing, and why.

`fold` counts them, `gaps` finds what is missing, `explain` is the use case of a person who knows why, `queries` read.
"""
