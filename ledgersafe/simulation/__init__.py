"""`manage.py simulate_day`: a chain's whole day through the API, and checks of the result.

`shape`: the size of the day → `tills`, `baskets`, `follow_ups`: its events, from a seed (pure) → `sender`: sent over
HTTP as devices do → `office`: held events decided, drawers counted and closed, the day closed → `judgement`: the
product's figures against the simulation's own → `fingerprint`: two runs in different order compared.

`day_run` is the order of these steps, `narrator` prints them.
"""
