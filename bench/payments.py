"""Transfers as bytes, built before any clock starts: two entries between two accounts, each under a key of its own."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.events import token

CURRENCY = "USD"
_PLACE = b"@@@@@@@@"
#: Amounts differ from transfer to transfer.
_VARIANTS = 97

Pair = tuple[str, str]


def code(number: int) -> str:
    """The code of one of our accounts."""
    return f"BENCH:{number}"


def pairs(number: int) -> list[Pair]:
    """So many pairs of accounts; no account is in two."""
    return [(code(2 * one), code(2 * one + 1)) for one in range(number)]


@dataclass(frozen=True)
class Payer:
    """Who sends: a key that may write the books, and the pairs it moves money between, one after the other."""

    key: str
    between: Sequence[Pair]

    def transfers(self) -> Iterator[bytes]:
        """New transfers without end, as requests; no key comes twice, also not from another call."""
        run = token()
        templates = [
            self._template(self.between[variant % len(self.between)], variant, run)
            for variant in range(max(_VARIANTS, len(self.between)))
        ]
        for number, template in enumerate(itertools.cycle(templates), 1):
            yield template % number

    def _template(self, pair: Pair, variant: int, run: str) -> bytes:
        """One request whose key is still to be filled in."""
        amount = f"{12 + variant % _VARIANTS}.{variant % 100:02d}"
        body = {
            "client_id": "bench",
            "idempotency_key": f"pay-{run}-{_PLACE.decode()}",
            "memo": "Payout",
            "entries": [
                {"account_code": account, "amount": sign + amount, "ccy": CURRENCY}
                for account, sign in zip(pair, ("", "-"), strict=True)
            ],
        }
        text = json.dumps(body, separators=(",", ":")).encode()
        head = (
            f"POST /v1/transfers HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ledgersafe-bench\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        ).encode()
        assert b"%" not in head + text
        return (head + text).replace(_PLACE, b"%08d")
