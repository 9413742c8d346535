"""Devices that number their events, for tests: what is sent, which ranges are known, what is missing."""

from typing import Any

from pos.devices import fold_devices
from tests.conftest import Shop


def numbered(shop: Shop, seq: Any, device: Any = "tab-1", event_id: str = "", **changes: Any) -> dict[str, Any]:
    """A sale with the device's own number."""
    return shop.sale(event_id or f"{device}-{seq}", device_id=device, device_seq=seq, **changes)


def send_numbers(shop: Shop, *seqs: int, device: str = "tab-1") -> None:
    """One batch of sales with these numbers, in this order."""
    events = [numbered(shop, seq, device) for seq in seqs]
    answer = shop.post("/v1/events/batch", {"events": events}).json()
    assert answer["counts"] == {"processed": len(seqs)}, answer


def ranges(shop: Shop, device: str = "tab-1") -> list[tuple[Any, ...]]:
    """The ranges of a device, folded now."""
    fold_devices(tenant_id=shop.tenant.id)
    return shop.rows(
        "SELECT first_seq, last_seq FROM device_ranges WHERE tenant_id = %s AND device_id = %s ORDER BY 1", device
    )


def gaps(shop: Shop, device: str = "tab-1", **parameters: Any) -> list[dict[str, Any]]:
    """`GET …/gaps`."""
    answer = shop.get(f"/v1/devices/{device}/gaps", **parameters)
    assert answer.status_code == 200, answer.content
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def spans(items: list[dict[str, Any]]) -> list[tuple[int, int, bool]]:
    """(first, last, whether it is explained) of each."""
    return [(item["first_seq"], item["last_seq"], item["explained"] is not None) for item in items]


def explain(shop: Shop, first: Any, last: Any, reason: Any = "Device replaced.", device: str = "tab-1") -> Any:
    """`POST …/gaps/explain`."""
    body = {"first_seq": first, "last_seq": last, "reason": reason}
    return shop.post(f"/v1/devices/{device}/gaps/explain", body)
