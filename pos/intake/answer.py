"""The answer to an arrival."""

from typing import Any, Final

import msgspec

from pos.models import Result

_STATUS: Final = {Result.PROCESSED: 201, Result.DUPLICATE: 200, Result.QUARANTINED: 202}


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The outcome of one arrival, as committed. `detail` is only set on refusals."""

    tenant_id: str
    idempotency_key: str | None
    raw_id: int | None
    result: Result
    exception_id: str | None = None
    reason_code: str | None = None
    journal_id: int | None = None
    refusal_status: int = 400
    detail: str = ""

    @property
    def status(self) -> int:
        """The HTTP status of this outcome by the contract."""
        return _STATUS.get(self.result, self.refusal_status)

    def as_dict(self) -> dict[str, Any]:
        """Render the contract's six keys, and the journal."""
        return {
            "tenant_id": self.tenant_id,
            "idempotency_key": self.idempotency_key,
            "raw_id": self.raw_id,
            "result": self.result.value,
            "exception_id": self.exception_id,
            "reason_code": self.reason_code,
            "journal_id": self.journal_id,
        }
