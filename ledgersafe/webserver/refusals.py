"""Refusals of the server itself, before any view: a problem, and the connection ends."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from gunicorn.http import errors


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the server itself. `reason` is its label in the metrics."""

    status: int
    code: str
    detail: str
    reason: str
    retry_after: int | None = None

    def answer(self) -> bytes:
        """Build the whole answer, with the members of `ledgersafe.http.problems.problem`."""
        members: dict[str, object] = {
            "type": f"/problems/{self.code.lower().replace('_', '-')}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.retry_after is not None:
            members["retry_after"] = self.retry_after
        body = json.dumps(members).encode()
        lines = [
            f"HTTP/1.1 {self.status} {members['title']}",
            "Connection: close",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
        ]
        if self.retry_after is not None:
            lines.append(f"Retry-After: {self.retry_after}")
        return "\r\n".join([*lines, "", ""]).encode() + body


SLOW_HEAD: Final = Refusal(408, "REQUEST_TIMEOUT", "The request's headers took too long to arrive.", "slow_head")
SLOW_BODY: Final = Refusal(408, "REQUEST_TIMEOUT", "The request's body took too long to arrive.", "slow_body")
LONG_HEAD: Final = Refusal(431, "HEADERS_TOO_LARGE", "The request's headers are too large.", "large_head")
LARGE_BODY: Final = Refusal(413, "TOO_LARGE", "The body is too large.", "large_body")
CROWDED: Final = Refusal(
    503, "BUSY", "Too much arrives at once; send the same request again.", "crowded", retry_after=1
)
BROKEN: Final = Refusal(500, "INTERNAL_ERROR", "The server could not answer this request.", "broken")

#: Errors of gunicorn's parser that are not a plain 400.
_STATUSES: Final[dict[type[Exception], tuple[int, str]]] = {
    errors.LimitRequestLine: (414, "URI_TOO_LONG"),
    errors.LimitRequestHeaders: (431, "HEADERS_TOO_LARGE"),
    errors.UnsupportedTransferCoding: (501, "NOT_IMPLEMENTED"),
    errors.ExpectationFailed: (417, "EXPECTATION_FAILED"),
    errors.ForbiddenProxyRequest: (403, "FORBIDDEN"),
}
#: Faults of ours that gunicorn derives from the same class as those of clients.
_OUR_FAULTS: Final = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)


def refusal_of(error: BaseException) -> Refusal:
    """Choose the refusal for an error of the parser or the application."""
    if isinstance(error, _OUR_FAULTS) or not isinstance(error, errors.ParseException | errors.NoMoreData):
        return BROKEN
    for kind, (status, code) in _STATUSES.items():
        if isinstance(error, kind):
            return Refusal(status, code, str(error)[:200] or HTTPStatus(status).phrase, "unreadable")
    return Refusal(400, "BAD_REQUEST", f"This is no valid HTTP request: {str(error)[:200]}", "unreadable")
