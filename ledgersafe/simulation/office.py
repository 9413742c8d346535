"""The back office of the simulated day, through the API: drawers, held events, the close."""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from ledgersafe.simulation.events import Day
from ledgersafe.simulation.sender import NotTaken, post
from ledgersafe.simulation.shape import Shape
from ledgersafe.simulation.tills import registers, stores

FLOAT: Final = 15_000
#: Paid out of every drawer by a command that the till sends twice.
COURIER: Final = 1_700
#: Every nth drawer is closed short by an amount.
_EVERY: Final = 7
_SHORT: Final = 135


class Office:
    """A client with all scopes, over one connection."""

    def __init__(self, client: httpx.Client, shape: Shape) -> None:
        self._client, self._shape = client, shape
        self.drawers: dict[tuple[str, str], int] = {}

    def open_drawers(self) -> None:
        """Open a drawer per register and pay a courier from each; both commands are sent twice and must happen once."""
        for store in stores(self._shape):
            for register in registers(self._shape):
                body = {"store_id": store, "register_id": register, "starting_cash": FLOAT}
                drawer = self._twice(f"open.{store}.{register}", "ledgers", body)
                self.drawers[store, register] = drawer["id"]
                paid = {"ledger_id": drawer["id"], "amount": COURIER, "type": "PAYOUT", "method": "CASH"}
                paid |= {"order_id": f"courier.{store}.{register}"}
                self._twice(f"courier.{store}.{register}", "transactions", paid)

    def decide(self, day: Day) -> int:
        """Decide every held event: choose the true version of a conflict, dismiss doubtful events. Return how many."""
        true = {sent.event_id: sent.fields for sent in day.events}
        decided = 0
        for case in self.items("/v1/exceptions", status="open"):
            case_id, key = case["exception_id"], case["idempotency_key"]
            body: dict[str, Any] = {"action": "mark_resolved_no_replay", "resolution_notes": "Rung up again."}
            if key in true:
                body = {
                    "action": "override_and_replay",
                    "resolution_notes": "The till was restarted; the receipt says this.",
                    "canonical_raw_id": self._true_version(case_id, true[key]),
                }
            post(self._client, f"/v1/exceptions/{case_id}/resolve", json.dumps(body).encode())
            decided += 1
        return decided

    def expected_cash(self) -> dict[tuple[str, str], int]:
        """Return the expected cash as the drawers report it."""
        return {
            (item["store_id"], item["register_id"]): item["expected_cash"] for item in self.items("/v1/pos/ledgers")
        }

    def close_drawers(self, expected: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], dict[str, Any]]:
        """Count and close each drawer, every seventh one short. Return the Z-reports."""
        reports = {}
        for number, (place, drawer_id) in enumerate(self.drawers.items(), 1):
            actual = expected[place] - (_SHORT if number % _EVERY == 0 else 0)
            counted = {"actual_cash": actual}
            self._twice(f"count.{drawer_id}", f"ledgers/{drawer_id}/count", counted)
            self._twice(f"close.{drawer_id}", f"ledgers/{drawer_id}/close", counted | {"notes": "End of the day."})
            reports[place] = self.get(f"/v1/pos/ledgers/{drawer_id}/z-report")
        return reports

    @property
    def shortage(self) -> int:
        """Add up the shortages of all drawers."""
        return len(self.drawers) // _EVERY * _SHORT

    def close_day(self) -> dict[str, Any]:
        """Close the business day.

        :raises NotTaken: something blocks the close.
        """
        answer: dict[str, Any] = post(self._client, f"/v1/periods/{self._shape.day}/close", b"{}").json()
        return answer

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """Get a path.

        :raises NotTaken: the answer is not 200.
        """
        answer = self._client.get(path, params=parameters)
        if answer.status_code != httpx.codes.OK:
            raise NotTaken(f"{path} answered {answer.status_code}: {answer.text[:300]}")
        body: dict[str, Any] = answer.json()
        return body

    def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Yield the items of every page of a list."""
        page = self.get(path, limit=500, **parameters)
        rows: list[dict[str, Any]] = page["items"]
        while page["next_cursor"]:
            page = self.get(path, limit=500, cursor=page["next_cursor"], **parameters)
            rows += page["items"]
        return rows

    def _twice(self, key: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a money command and a retry; both must get the same answer."""
        sent = json.dumps(body).encode()
        first, again = (post(self._client, f"/v1/pos/{path}", sent, **{"X-Idempotency-Key": key}) for _ in range(2))
        if first.content != again.content:
            raise NotTaken(f"{path}: a retry of {key} was answered differently.")
        answer: dict[str, Any] = first.json()
        return answer

    def _true_version(self, case_id: str, fields: Mapping[str, Any]) -> int:
        for version in self.get(f"/v1/exceptions/{case_id}")["versions"]:
            # Compare whole payloads: two versions may have equal totals and different tenders.
            if {name: value for name, value in version["payload_json"].items() if name != "tenant_id"} == fields:
                raw_id: int = version["first_raw_id"]
                return raw_id
        raise NotTaken(f"Case {case_id} has not the version that is true.")
