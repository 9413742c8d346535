"""The caller of a drawer operation: an API key, or a person in the back office."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor for the audit trail, the store and register it is bound to (None: any), and its right to approve."""

    tenant_id: int
    actor: str
    may_approve: bool = False
    store_code: str | None = None
    register_code: str | None = None

    def reaches(self, store_code: str, register_code: str) -> bool:
        """Tell whether the caller may see this store and register; anything else answers 404."""
        return self.store_code in {None, store_code} and self.register_code in {None, register_code}
