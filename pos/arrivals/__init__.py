"""What came, byte for byte (bronze), and how to look it up.

`bodies` cuts a request into events, `arrival` reads one: fingerprint, card numbers, device clock, claims. `queries`,
`versions` and `timeline` read arrivals back for people.
"""
