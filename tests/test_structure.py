"""The shape every change keeps: sizes, layers that import-linter cannot see, documents that tell the truth."""

import ast
import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.conf import settings

from ledgersafe.management.commands.reason_codes import catalogue

ROOT = Path(settings.BASE_DIR)
PRODUCT = ("ledgersafe", "pos", "ledger", "exceptions", "recon")
#: From top to bottom; a foreign key points down or stays.
STACK = ("recon", "pos", "exceptions", "ledger", "idempotency", "audit", "tenants")
SOURCES = [path for app in PRODUCT for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
TESTS = list((ROOT / "tests").rglob("*.py"))


def functions(path: Path) -> list[tuple[str, int]]:
    """(name, lines) of every function of a file."""
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_and_no_function_outgrows_its_cap(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
    assert [name for name, lines in functions(path) if lines > 60] == []


def test_files_and_functions_stay_small_on_the_whole() -> None:
    lengths = [len(path.read_text().splitlines()) for path in SOURCES if path.name != "__init__.py"]
    assert median(lengths) <= 95  # the aim is 80; the back office's pages have lifted it, and it may not rise further
    assert median(lines for path in SOURCES for _, lines in functions(path)) <= 10


def test_foreign_keys_point_down_the_stack() -> None:
    upward = []
    for model in apps.get_models():
        label = model._meta.app_label
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if label in STACK and field.concrete and target and target != "self":
                other = target._meta.app_label
                siblings = {label, other} == {"exceptions", "ledger"}
                if other in STACK and (STACK.index(other) < STACK.index(label) or siblings):
                    upward.append(f"{model.__name__}.{field.name}")
    assert upward == []


def test_no_module_is_called_exceptions_but_the_app() -> None:
    assert [path for path in SOURCES if path.stem in {"exceptions", "utils", "helpers", "common", "core"}] == []


def test_the_catalogue_in_the_docs_is_the_one_in_the_code() -> None:
    assert (ROOT / "docs/reason-codes.md").read_text().strip() == catalogue().strip()


def test_the_containers_are_made_of_what_is_there() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert set(compose["services"]) == {"proxy", "web", "worker", "beat", "postgres", "redis", "migrate"}
    # Whatever is reached from outside is reached through the proxy, which has no door to the database.
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert [service for service in compose["services"].values() if service.get("network_mode")] == []
    for name, service in compose["services"].items():
        for needed in service.get("depends_on", {}):
            assert needed in compose["services"], name
    logins = {name: _logins(service) for name, service in compose["services"].items()}
    for name in ("web", "worker", "beat"):
        assert logins.pop(name) == {"DATABASE_URL": "ledgersafe_web"}
    assert logins.pop("migrate") == {"DATABASE_URL": "ledgersafe_web", "DATABASE_OWNER_URL": "ledgersafe_owner"}
    assert not any(logins.values())
    owners = ("DATABASE_OWNER_PASSWORD", "POSTGRES_PASSWORD")
    knowing = {name for name, service in compose["services"].items() if any(word in str(service) for word in owners)}
    assert knowing == {"migrate", "postgres"}
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {f"{app}" for app in PRODUCT} <= set(copied)


def _logins(service: dict[str, Any]) -> dict[str, str]:
    """Who logs in to the database, by variable."""
    found = ((name, re.match(r"postgres://(\w+):", str(url))) for name, url in service.get("environment", {}).items())
    return {name: match[1] for name, match in found if match}
