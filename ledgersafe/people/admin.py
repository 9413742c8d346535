"""Register the pages on people and roles with Django's admin."""

from ledgersafe.people.person_pages import PersonAdmin
from ledgersafe.people.role_pages import RoleAdmin

__all__ = ["PersonAdmin", "RoleAdmin"]
