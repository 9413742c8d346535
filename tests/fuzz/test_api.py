"""Whatever is sent to the API, it answers as its schema says, never with a 5xx. New routes are asked by themselves."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.fuzz import bodies, odd
from tests.fuzz.declared import Operation, faults_of, operations, told
from tests.fuzz.stock import QUERIES, stocked

_keys = itertools.count(1)


class Asking:
    """Sends requests as the till, and keeps what is wrong with the answers."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.faults: list[str] = []
        self.requests = 0

    def send(
        self, method: str, url: str, body: bytes = b"", media_type: str = "application/json", **headers: Any
    ) -> Any:
        """One request under a key of its own."""
        how: dict[str, Any] = {"HTTP_X_IDEMPOTENCY_KEY": f"fuzz-{next(_keys)}", **self.shop.auth} | headers
        answer = self.shop.client.generic(method, url, body, content_type=media_type, **how)
        self.requests += 1
        self.faults += [f"{told(answer)} {body[:300]!r} {headers}: {fault}" for fault in faults_of(answer)]
        return answer

    def command(self, operation: Operation, **members: Any) -> dict[str, Any] | None:
        """A body of the operation for this shop."""
        asked = bodies.command(operation)
        if asked is not None and "tenant_id" in asked:
            asked["tenant_id"] = self.shop.slug
        return asked if asked is None else asked | members

    def assert_sound(self, least: int) -> None:
        """Nothing was wrong, and enough was asked."""
        assert self.faults == []
        assert self.requests >= least


def odd_urls(asking: Asking, operation: Operation, values: dict[str, str]) -> Iterator[str]:
    """The operation's URL with one parameter odd, in its path and in its query, and sent twice."""
    good = operation.url(values)
    for name in operation.names("path"):
        yield from (operation.url(values, **{name: part}) for part in odd.in_path())
    fixed = QUERIES.get(operation.path, "")
    for turn, name in enumerate(operation.names("query")):
        real = None
        if name == "cursor":
            real = asking.send("GET", f"{good}?{fixed}&limit=1").json()["next_cursor"]
            assert real is not None, f"{operation} needs two of its kind in the stock"
        yield from (f"{good}?{fixed}&{name}={value}" for value in odd.in_query(name, turn, real))
        yield f"{good}?{fixed}&{name}=1&{name}=2&{name}[]=3"


def test_odd_paths_and_queries(shop: Shop) -> None:
    asking, values = Asking(shop), stocked(shop)
    for operation in operations():
        if operation.method == "GET":
            for url in odd_urls(asking, operation, values):
                asking.send("GET", url)
    asking.assert_sound(2_000)


def test_odd_paths_of_commands(shop: Shop) -> None:
    asking, values = Asking(shop), stocked(shop)
    for operation in operations():
        asked = asking.command(operation)
        if asked is not None:
            good = next(bodies.variants(asked))
            for url in odd_urls(asking, operation, values):
                asking.send(operation.method, url, good)
    asking.assert_sound(500)


def test_odd_bodies(shop: Shop) -> None:
    asking, values = Asking(shop), stocked(shop)
    for operation in operations():
        asked = asking.command(operation)
        if asked is None:
            continue
        for body in bodies.variants(asked):
            asking.send(operation.method, operation.url(values), body)
        for body, media_type in odd.BODIES:
            asking.send(operation.method, operation.url(values), body, media_type)
    asking.assert_sound(2_000)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_ends_of_the_calendar_where_nothing_was_ever_posted(books: None, zone: str) -> None:
    asking = Asking(open_shop(time_zone=zone))
    for operation in operations():
        asked = asking.command(operation)
        good = next(bodies.variants(asked)) if asked is not None else b""
        for day in ("9999-12-31", "9999-12-30", "9998-12-31", "0001-01-01", "0001-01-02"):
            asking.send(operation.method, operation.url({"day": day}), good)
            for name in operation.names("query"):
                asking.send(operation.method, f"{operation.url({})}?{name}={day}", good)
    asking.assert_sound(500)


def test_odd_headers(shop: Shop) -> None:
    asking = Asking(shop)
    names = {name for operation in operations() for name in operation.names("header")}
    for name in sorted({*names, "Authorization", "X-Tenant", "X-Request-Id", "Accept", "Idempotency-Key"}):
        for value in odd.HEADERS:
            header: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value}
            asking.send("POST", "/v1/transfers", b"{}", **header)
            asking.send("POST", "/v1/events", b"{}", **header)
            asking.send("GET", "/v1/events", **header)
    asking.assert_sound(300)


def test_every_method_of_every_path(shop: Shop) -> None:
    asking, values = Asking(shop), stocked(shop)
    for path in {operation.path: operation for operation in operations()}.values():
        for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "\xff"):
            answer = asking.send(method, path.url(values), b"{}")
            if answer.status_code == 405:
                allowed = answer.headers["Allow"].split(", ")
                assert method not in allowed
                assert path.method in allowed
    asking.assert_sound(300)
