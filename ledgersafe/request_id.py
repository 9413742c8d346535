"""The id of the request being served: in logs, problems and the audit trail alike."""

import re
import uuid
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def begin(claimed: str | None) -> str:
    """Take the caller's id when it is harmless, else a new one; answer it."""
    request_id = claimed if claimed and _ACCEPTABLE.fullmatch(claimed) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def current_request_id() -> str:
    """The id of the request being served; empty outside one."""
    return _current.get()
