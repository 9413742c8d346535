"""The load test's decisions, without Locust: what is sent, what must come back, and what a run came to. Pure.

The environment says how much:

TX_PER_SEC          transfers asked for per second, all users together (default 100)
ACCOUNT_POOL_SIZE   accounts money is moved between (default 1,000)
ACCOUNT_CCY         their currency (default USD)
DEDUPE_RATE         how many of the requests repeat one that was answered, 0 to 1 (default 0.05)
"""

import json
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Answered transfers that may be repeated; the oldest are forgotten.
_REMEMBERED: Final = 10_000
TYPE: Final = "ASSET"


class BadSetting(ValueError):
    """A variable of the environment is not what it should be."""


@dataclass(frozen=True)
class Settings:
    """How much of what."""

    per_second: float
    accounts: int
    currency: str
    dedupe_rate: float

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """:raises BadSetting: a variable is no number, or out of bounds."""
        settings = cls(
            per_second=_number(environment, "TX_PER_SEC", 100.0),
            accounts=int(_number(environment, "ACCOUNT_POOL_SIZE", 1_000)),
            currency=environment.get("ACCOUNT_CCY", "USD"),
            dedupe_rate=_number(environment, "DEDUPE_RATE", 0.05),
        )
        for is_good, what in (
            (settings.per_second > 0, "TX_PER_SEC must be more than 0."),
            (settings.accounts >= 2, "ACCOUNT_POOL_SIZE must be at least 2."),
            (0 <= settings.dedupe_rate <= 1, "DEDUPE_RATE must lie between 0 and 1."),
        ):
            if not is_good:
                raise BadSetting(what)
        return settings

    def code(self, number: int) -> str:
        """An account's code: of its currency, so that pools of two currencies do not meet."""
        return f"LOAD:{self.currency}:{number}"

    def openings(self) -> list[dict[str, Any]]:
        """The bodies that open the pool."""
        return [
            {"code": self.code(number), "name": f"Load test {number}", "ccy": self.currency, "type": TYPE}
            for number in range(self.accounts)
        ]


@dataclass(frozen=True)
class Sent:
    """A request, and, when it is a repeat, the journal it must be answered with."""

    body: bytes
    journal_id: int | None = None

    @property
    def is_repeat(self) -> bool:
        return self.journal_id is not None

    def fault(self, status: int, answer: Any) -> str | None:
        """What is wrong with an answer: a new transfer is 201 applied, a repeat 200 duplicate with the same journal."""
        told = answer if isinstance(answer, dict) else {}
        wanted = (200, "duplicate") if self.is_repeat else (201, "applied")
        if (status, told.get("status")) != wanted:
            got = told.get("code") or told.get("status") or "no JSON object"
            return f"{status} {got} instead of {wanted[0]} {wanted[1]}"
        if type(told.get("journal_id")) is not int:
            return "no journal_id"
        if self.is_repeat and told["journal_id"] != self.journal_id:
            return f"a repeat got journal {told['journal_id']} instead of {self.journal_id}"
        return None


@dataclass
class Mover:
    """Makes requests between two accounts of the pool, and remembers what was answered."""

    settings: Settings
    run: str
    chance: random.Random
    _number: int = 0
    _answered: "deque[Sent]" = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def next(self) -> Sent:
        """A new transfer, or one of the answered ones again: the same bytes."""
        if self._answered and self.chance.random() < self.settings.dedupe_rate:
            return self.chance.choice(self._answered)
        self._number += 1
        to, source = self.chance.sample(range(self.settings.accounts), 2)
        amount = self.chance.randint(1, 99_999)
        body = {
            "client_id": "load-test",
            "idempotency_key": f"{self.run}-{self._number}",
            "entries": [self._entry(to, amount), self._entry(source, -amount)],
        }
        return Sent(json.dumps(body).encode())

    def answered(self, sent: Sent, journal_id: int) -> None:
        """It may be repeated from now on."""
        if not sent.is_repeat:
            self._answered.append(Sent(sent.body, journal_id))

    def _entry(self, account: int, amount: int) -> dict[str, str]:
        # Whole units: every currency can write them.
        return {"account_code": self.settings.code(account), "amount": str(amount), "ccy": self.settings.currency}


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    requests: int
    failures: int
    repeats: int
    seconds: float
    p95_milliseconds: float
    asked_per_second: float

    @property
    def is_good(self) -> bool:
        return self.requests > 0 and self.failures == 0

    def table(self) -> str:
        """For people."""
        done = self.requests - self.failures
        rows = (
            ("requests", f"{self.requests:,} ({self.repeats:,} repeats)"),
            ("success rate", f"{100 * done / self.requests if self.requests else 0:.2f} %"),
            ("failures", f"{self.failures:,}"),
            ("p95 latency", f"{self.p95_milliseconds:,.0f} ms"),
            (
                "achieved TPS",
                f"{done / self.seconds if self.seconds else 0:,.1f} of {self.asked_per_second:,.0f} asked",
            ),
        )
        return "\n".join(f"{label:<14}{text}" for label, text in rows)


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(environment.get(name) or default)
    except ValueError:
        raise BadSetting(f"{name} must be a number.") from None
