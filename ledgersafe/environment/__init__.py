"""The environment variables: what they are called, mean and default to. Nothing of Django: settings are made of it.

`table` has one row for each variable; `reader` reads a row's value; `variable` is the shape of a row. `manage.py
configuration` prints docs/configuration.md and `.env.example` from the table.
"""
