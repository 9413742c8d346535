"""Send the day over HTTP as devices do: batches over several connections, with retries of the same bytes."""

import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from ledgersafe.simulation.events import SentEvent

BATCH: Final = 1_000
CONNECTIONS: Final = 4
_TRIES: Final = 6
#: Statuses after which the contract asks for the same bytes again.
_AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class NotTaken(Exception):
    """The server refused an event or command, or did not answer."""


@dataclass(slots=True)
class SendResult:
    """The answers by (status, reason), and the time it took."""

    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    events: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Events per second through the batch endpoint, by the sender's clock."""
        return self.events / self.seconds if self.seconds else 0.0


def batches_of(arrivals: Iterable[SentEvent], tenant: str) -> list[bytes]:
    """Build request bodies before any clock starts: each store sends its own events, in order."""
    collecting: dict[str, list[bytes]] = {}
    batches: list[bytes] = []
    for sent in arrivals:
        waiting = collecting.setdefault(sent.store, [])
        waiting.append(body_of(sent, tenant))
        if len(waiting) == BATCH:
            batches.append(_joined(collecting.pop(sent.store)))
    return batches + [_joined(rest) for rest in collecting.values()]


def _joined(bodies: Iterable[bytes]) -> bytes:
    return b'{"events":[' + b",".join(bodies) + b"]}"


def body_of(sent: SentEvent, tenant: str) -> bytes:
    """Encode one event."""
    return json.dumps({"tenant_id": tenant} | sent.fields, separators=(",", ":")).encode()


def send_batches(url: str, key: str, bodies: Sequence[bytes], on_sent: Callable[[int], None]) -> SendResult:
    """Send all batches in order, over `CONNECTIONS` connections.

    :raises NotTaken: one was refused.
    """
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in bodies:
        waiting.put(body)
    sending, lock = SendResult(), threading.Lock()
    failures: list[Exception] = []

    def work() -> None:
        with connect(url, key) as till:
            while not failures:
                try:
                    results = _batch(till, waiting.get_nowait())
                except queue.Empty:
                    return
                with lock:
                    sending.answers.update((result["status"], result["reason_code"] or "") for result in results)
                    sending.events += len(results)
                    on_sent(len(results))

    def guarded() -> None:
        try:
            work()
        except Exception as error:
            failures.append(error)

    started = time.perf_counter()
    workers = [threading.Thread(target=guarded) for _ in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sending.seconds = time.perf_counter() - started
    if failures:
        raise failures[0]
    return sending


def connect(url: str, key: str) -> httpx.Client:
    """Open one connection, kept alive."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return httpx.Client(base_url=url, headers=headers, timeout=120)


def post(till: httpx.Client, path: str, body: bytes, **headers: str) -> httpx.Response:
    """Send, and again while the answer asks for it.

    :raises NotTaken: another answer, or none.
    """
    for attempt in range(_TRIES):
        try:
            answer = till.post(path, content=body, headers=headers)
        except httpx.TransportError as error:
            if attempt + 1 == _TRIES:
                raise NotTaken(f"{path}: {error}") from error
        else:
            if answer.is_success:
                return answer
            if answer.status_code not in _AGAIN or attempt + 1 == _TRIES:
                raise NotTaken(f"{path} answered {answer.status_code}: {answer.text[:300]}")
        time.sleep(0.05 * 2**attempt)
    raise AssertionError("unreachable")


def _batch(till: httpx.Client, body: bytes) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = orjson.loads(post(till, "/v1/events/batch", body).content)["results"]
    return results
