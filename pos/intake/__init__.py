"""The way of one reception: read, plan, write, judge, answer.

`receive` has the use cases and nothing but the order of these steps. `plan` says what becomes of each arrival,
`columns` puts plans into arrays for SQL, `writer` calls Postgres, `reception` judges what was new, what waits and what
clashes by the pure `gate`, `answer` says so to the till.
"""
