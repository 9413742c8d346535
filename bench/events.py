"""Requests as bytes, built before any clock starts: a sale with two tenders and two taxes makes five postings."""

import itertools
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

#: Amounts differ from sale to sale; this many differ is enough, and they can be prepared.
_VARIANTS = 97
_PLACES = b"@@@@@@@@", b"%08d"


@dataclass(frozen=True)
class Till:
    """Who sends: a tenant's key, a store and a register, and the business it does `days_ago` and `minutes_ago`."""

    tenant: str
    key: str
    store: str = "store-1"
    register: str = "till-1"
    days_ago: int = 0
    minutes_ago: int = 1

    def events(self) -> Iterator[bytes]:
        """New sales without end, as JSON; no id comes twice, also not from another call."""
        run = token()
        templates = [self._template(variant, run) for variant in range(_VARIANTS)]
        for number in itertools.count(1):
            yield templates[number % _VARIANTS] % (number, number, number)

    def singles(self, path: str) -> Iterator[bytes]:
        """The same as requests to `path`."""
        for event in self.events():
            yield self._head(path, len(event)) + event

    def batches(self, size: int) -> Iterator[bytes]:
        """The same, `size` events to a request."""
        events = self.events()
        while True:
            body = b'{"events":[' + b",".join(itertools.islice(events, size)) + b"]}"
            yield self._head("/v1/events/batch", len(body)) + body

    def _head(self, path: str, length: int) -> bytes:
        return (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ledgersafe-bench\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def _template(self, variant: int, run: str) -> bytes:
        """One sale whose three ids are still to be filled in."""
        text = json.dumps(self._sale(variant, run), separators=(",", ":")).encode()
        assert b"%" not in text
        return text.replace(*_PLACES)

    def _sale(self, variant: int, run: str) -> dict[str, Any]:
        lines = [1250 + 3 * variant, 899 + variant]
        taxes = [sum(lines) * 6 // 100, sum(lines) * 2 // 100]
        total, cash = sum(lines) + sum(taxes), 1000
        occurred_at = datetime.now(UTC) - timedelta(days=self.days_ago, minutes=self.minutes_ago)
        return {
            "schema_version": "1.0",
            "tenant_id": self.tenant,
            "store_id": self.store,
            "register_id": self.register,
            "source_system": "bench-pos",
            "source_event_id": f"src_{run}_{'@' * 8}",
            "event_id": f"evt_{run}_{'@' * 8}",
            "event_type": "SALE",
            "occurred_at": occurred_at.isoformat(timespec="seconds"),
            "txn_id": f"txn_{run}_{'@' * 8}",
            "currency": "USD",
            "total_amount": total / 100,
            "line_items": [
                {"sku": "ESPRESSO-250G", "qty": 1, "amount": lines[0] / 100},
                {"sku": "FILTER-NO-4", "qty": 2, "amount": lines[1] / 100},
            ],
            "tax_lines": [
                {"code": "STATE", "rate": 0.06, "amount": taxes[0] / 100},
                {"code": "CITY", "rate": 0.02, "amount": taxes[1] / 100},
            ],
            "tenders": [
                {"method": "CASH", "amount": cash / 100},
                {"method": "CARD", "amount": (total - cash) / 100, "processor": "acquirer"},
            ],
        }


def token() -> str:
    """Unlike any other call's; letters only, so that no id of ours can look like a card number."""
    return secrets.token_hex(6).translate(str.maketrans("0123456789", "ghijklmnop"))


def prepared(requests: Iterator[bytes], number: int) -> Iterator[bytes]:
    """The next `number` requests, made now."""
    return iter(list(itertools.islice(requests, number)))


def in_turn(tills: Sequence[Iterator[bytes]]) -> Iterator[bytes]:
    """One request of each till after the other, without end."""
    return itertools.chain.from_iterable(zip(*tills, strict=True))
