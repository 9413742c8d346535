"""Limits for clients, from `WEB_*` (see `.env.example`): time per client, and bytes for all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Most bytes of a request's line and headers.
HEAD_BYTES: Final = 64 * 1024
#: Bytes of a body kept in memory; a longer one goes to an unnamed file.
MEMORY_BYTES: Final = 64 * 1024
#: Bytes of an answer that may wait for its reader; for a longer one, its thread waits.
ANSWER_BYTES: Final = 16 * 1024 * 1024
#: Seconds a closing connection is still read, so that the client gets its answer.
LINGER_SECONDS: Final = 2.0
#: A request or answer that takes longer is slow; slow ones are closed first when there are too many.
SLOW_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Time and bytes that a worker grants to each client, and to all together."""

    header_seconds: float = 10.0
    body_seconds: float = 20.0
    answer_seconds: float = 30.0
    #: A transfer at this speed or faster may exceed its seconds.
    bytes_per_second: float = 8192.0
    #: A larger body is refused before it is read.
    body_bytes: int = 17 * 1024 * 1024
    #: Budget of a worker for bodies; answers, all in memory, get a quarter of it.
    buffer_bytes: int = 512 * 1024 * 1024

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Limits":
        """Read the limits from a worker's environment; unset ones keep the defaults."""
        usual = cls()

        def number(name: str, otherwise: float) -> float:
            return float(environment.get(name, otherwise))

        return cls(
            header_seconds=number("WEB_HEADER_SECONDS", usual.header_seconds),
            body_seconds=number("WEB_BODY_SECONDS", usual.body_seconds),
            answer_seconds=number("WEB_ANSWER_SECONDS", usual.answer_seconds),
            bytes_per_second=number("WEB_BYTES_PER_SECOND", usual.bytes_per_second),
            body_bytes=int(number("WEB_BODY_BYTES", usual.body_bytes)),
            buffer_bytes=int(number("WEB_BUFFER_BYTES", usual.buffer_bytes)),
        )

    def body_deadline(self, since: float, received: int) -> float:
        """Return the deadline of a body of which so many bytes have arrived."""
        return since + self.body_seconds + received / self.bytes_per_second

    def is_quick(self, sent: int) -> bool:
        """Tell whether a client that took so many bytes within `answer_seconds` gets as long again."""
        return sent >= self.answer_seconds * self.bytes_per_second
