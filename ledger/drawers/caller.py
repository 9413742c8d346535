"""Who presses an operation of the books, whatever the interface: a key, or a person of the back office."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: as the trail names them, what they are bound to, and whether they may approve."""

    tenant_id: int
    actor: str
    may_approve: bool = False
    store_code: str | None = None
    register_code: str | None = None

    def reaches(self, store_code: str, register_code: str) -> bool:
        """Whether a place is one of theirs: what they do not reach is absent to them."""
        return self.store_code in {None, store_code} and self.register_code in {None, register_code}
