"""What came, byte for byte (bronze), and how to look it up.

In: a request's bytes. Out: an `Arrival` (`read_arrival`): fingerprint, event, masked card numbers, and what it claims.
Nothing of this touches the database but `clashes_of`. Intake keeps arrivals; decisions and checks read kept ones again.

`bodies` cuts a batch into events, `arrival` reads one, `device_clock` corrects its instant, `claims` are its other ids.
`queries`, `versions`, `payloads` and `timeline` read arrivals back for people. The pages and the API import these
files: a room of many readers has no short list of names.
"""

from pos.arrivals.arrival import Arrival, ArrivalFields, Refusal, as_row, fields_of, kept_headers, read_arrival, refused
from pos.arrivals.claims import Claim, claims_of, clashes_of, number_of

__all__ = [
    "Arrival", "ArrivalFields", "Claim", "Refusal", "as_row", "claims_of", "clashes_of", "fields_of", "kept_headers",
    "number_of", "read_arrival", "refused",
]  # fmt: skip
