"""Roles in the back office: fixed, and shown with what each may do."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from ledgersafe.backoffice.pages import Card, object_page
from ledgersafe.people.frame import AdministratorsOnly
from ledgersafe.tenants import roles


@admin.register(Group)
class RoleAdmin(AdministratorsOnly):
    """Roles, which are fixed in `tenants.roles`."""

    list_display = ("name", "purpose", "number")
    list_display_links = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        visible_people = admin.site.get_model_admin(User).get_queryset(request).order_by().values("pk")
        rows: QuerySet[Group] = super().get_queryset(request).filter(name__in=roles.GROUP_NAMES)
        return rows.annotate(people=Count("user", filter=Q(user__in=visible_people)))

    @admin.display(description="Purpose")
    def purpose(self, group: Group) -> str:
        role = roles.of_group(group.name)
        return role.purpose if role else "–"

    @admin.display(description="People", ordering="people")
    def number(self, group: Any) -> int:
        return int(group.people)

    def show(self, request: HttpRequest, row: Any) -> HttpResponse:
        role = roles.of_group(row.name)
        scopes = ", ".join(sorted(role.scopes)) if role else "–"
        return object_page(
            request,
            row,
            title=row.name,
            subtitle=role.purpose if role else "",
            cards=[
                Card("Role", facts=[("People", row.people), ("Scopes on the API", scopes)]),
                Card("In the back office", headers=["Area", "Sees", "May"], rows=_abilities(row), wide=True),
            ],
        )


def _abilities(group: Group) -> list[list[str]]:
    """List (part of the product, what a group sees there, what it may do there)."""
    parts: dict[str, tuple[list[str], list[str]]] = {}
    for permission in group.permissions.select_related("content_type").order_by("content_type__app_label", "name"):
        sees, may = parts.setdefault(permission.content_type.app_labeled_name.split(" | ")[0], ([], []))
        is_view = permission.codename.startswith("view_")
        (sees if is_view else may).append(permission.name.removeprefix("Can ").removeprefix("view "))
    return [[part, ", ".join(sees), ", ".join(may) or "–"] for part, (sees, may) in sorted(parts.items())]
