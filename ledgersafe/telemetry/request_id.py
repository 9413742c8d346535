"""Keep the id of the current request for logs, problems and the audit trail."""

import re
import uuid
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_LIKE_A_CARD = re.compile(r"[0-9]{13}")


def begin(claimed: str | None) -> str:
    """Set the id of this request: the caller's if it is harmless, else a new one; return it."""
    harmless = claimed and _ACCEPTABLE.fullmatch(claimed) and not _LIKE_A_CARD.search(claimed)
    request_id = claimed if claimed and harmless else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def end() -> None:
    """Forget the id: later work of this thread belongs to another request."""
    _current.set("")


def current_request_id() -> str:
    """Return the id of the current request; empty outside one."""
    return _current.get()
