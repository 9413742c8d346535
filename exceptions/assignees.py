"""Assignees of held events: actors as the inbox shows them, and the people a case can be assigned to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Q

_MOST: Final = 200
_DECIDE: Final = "decide_exceptioncase"


@dataclass(frozen=True, slots=True)
class Assignee:
    """An actor of the trail (`user:ann`, `key:ls_ab12`) as people see it."""

    actor: str

    @property
    def name(self) -> str:
        """The user name; the whole actor where it is no person, like `key:ls_ab12`."""
        kind, _, name = self.actor.partition(":")
        return name if kind == "user" and name else self.actor

    @property
    def initial(self) -> str:
        """The letter in the avatar."""
        return next((character.upper() for character in self.name if character.isalnum()), "?")

    @property
    def hue(self) -> int:
        """The avatar's colour, 0 to 11: always the same for one actor."""
        return sum(map(ord, self.actor)) % 12


def colleagues(tenant_ids: Iterable[int] | None, *, me: str) -> list[Assignee]:
    """List who a case of these tenants can be assigned to, `me` first, then by name. One statement.

    Only people who may decide cases: an auditor could not work on one. :param tenant_ids: None: all tenants.
    """
    decides = Q(groups__permissions__codename=_DECIDE, groups__permissions__content_type__app_label="exceptions")
    users: Any = get_user_model().objects.filter(decides | Q(is_superuser=True), is_active=True, is_staff=True)
    if tenant_ids is not None:
        users = users.filter(memberships__tenant_id__in=list(tenant_ids))
    names = users.distinct().order_by("username").values_list("username", flat=True)[:_MOST]
    others = [Assignee(f"user:{name}"[:200]) for name in names]
    return [Assignee(me), *(person for person in others if person.actor != me)]
