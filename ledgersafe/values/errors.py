"""Refusals of the domain, and how interfaces show them.

A `DomainError` is an expected answer. Its docstring is the message people read when none is given;
anything else that is raised is a bug.
"""

from collections.abc import Mapping
from inspect import getdoc
from typing import Any, ClassVar


class DomainError(Exception):
    """The request cannot be carried out."""

    #: Stable, UPPERCASE; part of the contract.
    code: ClassVar[str] = "DOMAIN_ERROR"
    http_status: ClassVar[int] = 400
    #: A later event may lift this refusal, so it is never stored as the answer to a command.
    may_be_lifted: ClassVar[bool] = False

    def __init__(self, message: str = "", **context: Any) -> None:
        self.message = message or (getdoc(type(self)) or "").splitlines()[0]
        #: Further members of the problem+json answer (`raw_id`, `errors`, `retry_after`).
        self.context: Mapping[str, Any] = context
        super().__init__(self.message)


class NotFound(DomainError):
    """There is no such thing here."""

    code = "NOT_FOUND"
    http_status = 404


class InvalidParameter(DomainError):
    """A parameter of the request is not valid."""

    code = "INVALID_PARAMETER"


class Unavailable(DomainError):
    """The database cannot be reached right now; try the same request again."""

    code = "UNAVAILABLE"
    http_status = 503
