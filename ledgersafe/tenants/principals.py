"""The caller on one tenant, and what they may do."""

from dataclasses import dataclass
from datetime import datetime

from ledgersafe.tenants.lineage import KeyName
from ledgersafe.tenants.models import TENANT_SCOPES


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, on one tenant: an API key, or a person of the back office (`staff.StaffPrincipal`)."""

    tenant_id: int
    tenant_slug: str
    scopes: frozenset[str]
    store_code: str | None
    register_code: str | None

    #: Required by Django REST framework of its user objects.
    is_authenticated = True

    @property
    def is_bound(self) -> bool:
        """Tell whether the caller is bound to one store or register."""
        return self.store_code is not None or self.register_code is not None

    @property
    def place(self) -> str:
        """Describe the store or register it is bound to; empty for the whole tenant."""
        if self.register_code is not None:
            return f"register {self.register_code} of store {self.store_code}"
        return f"store {self.store_code}" if self.store_code is not None else ""

    def holds(self, scope: str) -> bool:
        """Tell whether the caller may use a scope. `admin` includes all; a bound caller has none of a whole tenant."""
        if self.is_bound:
            return scope in self.scopes and scope not in TENANT_SCOPES
        return scope in self.scopes or "admin" in self.scopes

    @property
    def actor(self) -> str:
        """The caller's name in the audit trail."""
        raise NotImplementedError

    @property
    def identity(self) -> str:
        """The caller's permanent identity; a key inherits that of the key it replaces."""
        raise NotImplementedError

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities its answered commands may stand under, likeliest first."""
        return (self.identity,)

    @property
    def client_id(self) -> str:
        """The identity as the books name clients."""
        return self.actor

    @property
    def client_ids(self) -> tuple[str, ...]:
        """The identities as the books name clients."""
        return (self.client_id,)

    @property
    def may_approve(self) -> bool:
        """Tell whether the caller may confirm decisions above the tenant's amount limit."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class KeyPrincipal(Principal):
    """An API key of one tenant, which may be bound to one store or register."""

    api_key_id: int
    prefix: str
    expires_at: datetime | None
    #: The first key of the chain of rotations; all keys of the chain have its name.
    origin: KeyName
    #: That name, and any that keys of the chain had of their own before there were chains; likeliest first.
    names: tuple[KeyName, ...]

    @property
    def actor(self) -> str:
        return f"key:{self.prefix}"

    @property
    def identity(self) -> str:
        return f"key:{self.origin.id}"

    @property
    def identities(self) -> tuple[str, ...]:
        return tuple(f"key:{name.id}" for name in self.names)

    @property
    def client_id(self) -> str:
        return f"key:{self.origin.prefix}"

    @property
    def client_ids(self) -> tuple[str, ...]:
        return tuple(f"key:{name.prefix}" for name in self.names)

    @property
    def may_approve(self) -> bool:
        return self.holds("admin")
