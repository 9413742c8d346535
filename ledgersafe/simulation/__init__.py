"""`manage.py simulate_day`: a chain's whole day through the API, and what must come of it.

`shape` says how large → `tills` and `baskets` ring it up, `afterwards` takes back, `trouble` goes wrong (all pure, by a
seed) → `sending` drives it over HTTP as devices do → `office` decides, counts, closes → `judging` compares the product
with what the simulation knows, and `fingerprint` two runs with each other.
"""
