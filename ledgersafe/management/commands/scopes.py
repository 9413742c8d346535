"""Print every scope with its endpoints."""

from typing import Any

from ledgersafe.commands import LedgerCommand
from ledgersafe.http.permissions import Reach
from ledgersafe.http.routes import Route, routes_of
from ledgersafe.tenants import scopes

_INTRODUCTION = """\
# Scopes

What a key may do. Printed by `manage.py scopes` from the `scope` and `reach` of the views; a test keeps the two equal.
How a key is bound, and what that means, is decided in [ADR 21](adr/0021-a-bound-key-stays-in-its-place.md).

`admin` opens every endpoint below. A key that is bound to a store or register cannot hold `ledger:*`, `recon:*` or
`admin`; what it can hold opens its own place, as the column *reach* says:

| reach | key of a store | key of a register |
|---|---|---|
| register | the store's own | the register's own |
| store | the store's own | refused: 403 |
| tenant | refused: 403 | refused: 403 |
"""


class Command(LedgerCommand):
    help = "Print all scopes with their endpoints as Markdown, the source of docs/scopes.md."
    examples = "  manage.py scopes > docs/scopes.md"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(catalogue())


def catalogue() -> str:
    """Write the scopes as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(scope) for scope in scopes.POWERS)]).rstrip()


def _section(scope: str) -> str:
    whole = " Not for keys of a store or register." if scopes.is_of_whole_tenant(scope) else ""
    lines = [f"## `{scope}`", "", scopes.meaning_of(scope) + whole, ""]
    routes = routes_of(scope)
    if routes:
        lines += ["| endpoint | what it does | reach |", "|---|---|---|", *map(_row, routes), ""]
    return "\n".join(lines)


def _row(route: Route) -> str:
    return f"| `{route.method} {route.path}` | {route.summary} | {Reach(route.reach).value} |"
