"""List the endpoints of the API with the scope, reach and summary that their views declare."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from ledgersafe.http.permissions import HasScope, needs_of


@dataclass(frozen=True, slots=True)
class Route:
    """A method of one path. `scope` is empty for public endpoints; `reach` is a `permissions.Reach`."""

    method: str
    path: str
    summary: str
    scope: str
    reach: str


@cache
def all_routes() -> tuple[Route, ...]:
    """List every endpoint under `/v1/`, by path."""
    # Imported here: it takes longer than the rest of a command's start, and few commands need it.
    from drf_spectacular.generators import SchemaGenerator

    make_generator: Any = SchemaGenerator  # it is not typed
    generator = make_generator()
    generator._initialise_endpoints()
    routes = []
    for path, _, method, callback in generator.endpoints:
        view = generator.create_view(callback, method)
        view.schema.method = method  # required by drf-spectacular before any question
        scoped = any(issubclass(permission, HasScope) for permission in view.permission_classes)
        needs = needs_of(view, method) if scoped else None
        scope, reach = (needs.scope, needs.reach.value) if needs else ("", "")
        routes.append(Route(method, path, view.schema.get_summary() or "", scope, reach))
    return tuple(routes)


def routes_of(scope: str) -> tuple[Route, ...]:
    """List the endpoints of a scope. `admin` opens all others too; these are its own."""
    return tuple(route for route in all_routes() if route.scope == scope)
