"""Events are JSON as money needs it: see `ledgersafe.exact_json`, which reads every other request too."""

from ledgersafe.exact_json import (
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_NUMBER_CHARACTERS,
    Number,
    UnreadableBody,
    canonical_text,
    decimal_of,
    decode,
    fingerprint,
    parse_object,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_EXPONENT",
    "MAX_NUMBER_CHARACTERS",
    "Number",
    "UnreadableBody",
    "canonical_text",
    "decimal_of",
    "decode",
    "fingerprint",
    "parse_object",
]
