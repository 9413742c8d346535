"""Try a reception again: because Postgres asks for it, because memory was out of date, or event by event."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from django.db import Error as DatabaseError

from ledgersafe.postgres.db import RETRYABLE, StaleMemory, constraint_of, is_unavailable, retry_serialization, sqlstate
from ledgersafe.telemetry import metrics
from ledgersafe.tenants import authentication
from ledgersafe.tenants.principals import KeyPrincipal
from pos.posting import tenant_memory

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: A guard of the books: a closed day, an account that takes no postings.
_CHECK_VIOLATION: Final = "23514"
#: Refusals that say nothing certain of the event: contention, a key just taken, a day just closed. Memory is renewed
#: and the reception run again.
MAY_BE_STALE: Final = RETRYABLE | {_CHECK_VIOLATION}
#: So many refusals of a key or a day are put down to memory that is out of date; after them the event is to blame.
_REFUSALS_FORGIVEN: Final = 2


@dataclass(slots=True)
class Patience:
    """The refusals of one reception so far.

    :ivar refusals: of a key or a day.
    :ivar is_odd: something else was refused, so that the event itself may be to blame.
    """

    refusals: int = 0
    is_odd: bool = False

    @property
    def is_last(self) -> bool:
        """Tell whether the next refusal of a key or a day is the event's fault."""
        return self.refusals >= _REFUSALS_FORGIVEN

    @property
    def is_row_by_row(self) -> bool:
        """Tell whether arrivals are written row by row, with a savepoint each, so that Postgres finds the culprit."""
        return self.is_odd or self.is_last

    def count(self, error: Exception) -> bool:
        """Count a refusal. :returns: whether the reception is to be tried once more, row by row, because of it."""
        state, was_in_columns = sqlstate(error), not self.is_row_by_row
        # Contention (40001, 40P01) says nothing of the event, and does not count against it.
        self.refusals += state in {"23505", _CHECK_VIOLATION}
        self.is_odd |= state not in MAY_BE_STALE and not is_unavailable(error)
        if was_in_columns and self.is_row_by_row:
            logger.warning("Written row by row: %s %s %s", type(error).__name__, state, constraint_of(error))
            metrics.row_by_row.labels(state).inc()
        return was_in_columns and self.is_odd


def retry_patiently(tenant_id: int, attempt: Callable[[Patience], T]) -> T:
    """Run a whole reception until it is committed or can only be refused. Bounded, as `retry_serialization`.

    :raises ledgersafe.values.errors.Unavailable: the database stays out of reach, or the attempts are used up.
    :raises django.db.Error: a refusal that another attempt would not change.
    """
    patience = Patience()

    def once() -> T:
        try:
            return attempt(patience)
        except (DatabaseError, OverflowError) as error:  # OverflowError: a figure that no column can hold
            tenant_memory.forget(tenant_id)
            if patience.count(error) or sqlstate(error) == _CHECK_VIOLATION:
                raise StaleMemory from error
            raise

    return retry_serialization(once)


def refuse_stale(principal: KeyPrincipal) -> NoReturn:
    """Forget the tenant, whose version is another than the one remembered.

    :raises ledgersafe.tenants.keys.CredentialRevoked: it is the API key that changed.
    :raises ledgersafe.postgres.db.StaleMemory: it is something else: run the reception again.
    """
    tenant_memory.forget(principal.tenant_id)
    authentication.ensure_live(principal)
    raise StaleMemory
