"""Find the client name under which a command was carried out before.

A command belongs to the client that its request names, or else to the principal. After a key rotation the principal has
a new name (`ledgersafe.tenants.lineage`); a command that it carried out under a former name is a repeat.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from ledgersafe.postgres.db import retry_serialization
from ledgersafe.tenants.principals import Principal


class KeyedRequest(Protocol):
    """A frozen request that carries its own idempotency key: a transfer, a reversal, a settlement."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def client_id(self) -> str: ...

    @property
    def idempotency_key(self) -> str: ...


R = TypeVar("R", bound=KeyedRequest)


def with_recorded_clients(commands: Any, principal: Principal, requests: Sequence[R]) -> Sequence[R]:
    """Return the requests, each under the client name that its command is recorded under, if it is recorded.

    At most one statement; none for principals that never had another name.

    :param commands: manager of the recorded commands, with `client_id` and `idempotency_key`.
    """
    names = principal.client_ids
    own_keys = {request.idempotency_key for request in requests if request.client_id == principal.client_id}
    if len(names) == 1 or not own_keys:
        return requests
    rows = commands.filter(tenant_id=principal.tenant_id, client_id__in=names, idempotency_key__in=own_keys)
    recorded = retry_serialization(lambda: set(rows.values_list("idempotency_key", "client_id")))
    return [
        _renamed(request, names, recorded) if request.client_id == principal.client_id else request
        for request in requests
    ]


def _renamed(request: R, names: Sequence[str], recorded: set[tuple[str, str]]) -> R:
    """Return the request under its recorded name.

    No lock is needed: nothing uses a former name any more, so a command that is not recorded now never will be.
    """
    name = next((name for name in names if (request.idempotency_key, name) in recorded), request.client_id)
    return replace(request, client_id=name)
