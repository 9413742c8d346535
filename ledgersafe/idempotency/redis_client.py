"""Ask Redis with short timeouts and a circuit breaker, so that a slow Redis costs next to nothing.

Every wait is bounded. After a failure or a slow answer, Redis is not asked for a few seconds; then one request tries
again. No error of Redis leaves this module.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from ledgersafe.telemetry import metrics

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Timeouts of a call, for the connection and for each reply; a hanging call costs one of them.
CONNECT_SECONDS: Final = 0.05
REPLY_SECONDS: Final = 0.075
#: A slower call, in total, opens the breaker too.
SLOW_SECONDS: Final = 0.1
PAUSE_SECONDS: Final = 5.0


class Breaker:
    """A circuit breaker for Redis, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def allows(self) -> bool:
        """Tell whether to ask Redis: always while closed; after a pause, one caller gets to try."""
        if not self._until:
            return True
        now = time.monotonic()
        with self._lock:
            if now < self._until:
                return False
            self._until = now + PAUSE_SECONDS
            return True

    def open(self) -> None:
        """Open for `PAUSE_SECONDS`."""
        self._until = time.monotonic() + PAUSE_SECONDS

    def close(self) -> None:
        """Close: Redis answers again."""
        self._until = 0.0


breaker: Final = Breaker()


def ask(question: Callable[[redis.Redis], T]) -> T | None:
    """Ask Redis; None if there is no Redis, the breaker is open, or the call failed."""
    if not settings.REDIS_URL or not breaker.allows():
        return None
    started = time.monotonic()
    try:
        answer = question(_client(settings.REDIS_URL))
    except redis.ResponseError:
        return None  # it answers, and says no: read-only, full, a value of another type
    except Exception:  # nothing that can happen here is worth a refused command
        breaker.open()
        metrics.idempotency_guard.labels("cache_down").inc()
        logger.warning("Redis does not answer; Postgres alone guards money commands for a while", exc_info=True)
        return None
    if time.monotonic() - started > SLOW_SECONDS:
        breaker.open()
        metrics.idempotency_guard.labels("cache_down").inc()
    else:
        breaker.close()
    return answer


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    """Build a client whose timeouts override those in the URL, and which sends no needless commands."""
    options: dict[str, Any] = {
        **parse_url(url),  # type: ignore[no-untyped-call]
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": REPLY_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    return redis.Redis(connection_pool=redis.ConnectionPool(**options))
