"""Whose a command with a key of its own is: what the client says, or the principal.

A principal may have gone by other names before (`ledgersafe.tenants.lineage`): what it did under one of these is done.
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


def as_known(done: Any, principal: Principal, requests: Sequence[R]) -> Sequence[R]:
    """The requests, each of the client its command was carried out for before, if it was.

    :param done: the commands that were carried out, each with `client_id` and `idempotency_key`.
    """
    names = principal.client_ids
    own = {one.idempotency_key for one in requests if one.client_id == principal.client_id}
    if len(names) == 1 or not own:
        return requests
    rows = done.filter(tenant_id=principal.tenant_id, client_id__in=names, idempotency_key__in=own)
    found = retry_serialization(lambda: set(rows.values_list("idempotency_key", "client_id")))
    return [_of(one, names, found) if one.client_id == principal.client_id else one for one in requests]


def _of(request: R, names: Sequence[str], found: set[tuple[str, str]]) -> R:
    """Nobody goes by a former name any more: a command that is not there now will never be."""
    name = next((name for name in names if (request.idempotency_key, name) in found), request.client_id)
    return replace(request, client_id=name)
