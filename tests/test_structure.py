"""The shape every change keeps: rooms, sizes, names, layers that import-linter cannot see, settings, containers."""

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
APPS = ("pos", "ledger", "exceptions", "recon")
DJANGOS = {"__init__", "apps", "urls", "tasks"}
FLAT = {
    "pos": DJANGOS,
    "ledger": DJANGOS,
    "recon": DJANGOS | {"models"},
    # Few enough to stand side by side; only the desk has a room, for its import rule.
    "exceptions": DJANGOS
    | {"models", "reasons", "cases", "decisions", "proposals", "waiting", "patching", "queries", "inbox", "figures"}
    | {"assignees", "checks", "amounts"},
}
#: Folders that Django or an interface calls for, not a step of the flow.
NO_STEPS = {"api", "backoffice", "checks", "models", "migrations", "management", "desk"}
#: Each package of the product with its modules, but for commands (a file each) and whole apps.
ROOMS: dict[Path, list[Path]] = {
    init.parent.relative_to(ROOT): [path for path in init.parent.glob("*.py") if path.name != "__init__.py"]
    for app in PRODUCT
    for init in (ROOT / app).rglob("__init__.py")
    if not {"migrations", "management", "formats"} & set(init.parts) and init.parent.name not in PRODUCT
}
#: Past participles that do not end in -ed, as far as English code uses them.
IRREGULAR = {
    "told", "said", "made", "found", "read", "sent", "kept", "done",
    "held", "shown", "seen", "known", "given", "taken", "drawn", "written",
    "left", "met", "sold", "bought", "paid", "lent", "spent", "built",
    "lost", "begun", "chosen",
}  # fmt: skip
#: What a class is raised by: its base says so.
ERROR = re.compile(r"(Error|Exception|Unavailable|Refusal|NotFound|InvalidParameter)$")


def functions(path: Path) -> list[tuple[str, int]]:
    """(name, lines) of every function of a file."""
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


def test_no_file_and_no_function_outgrows_its_cap() -> None:
    long_files = [path for path in SOURCES + TESTS if len(path.read_text().splitlines()) > 400]
    long_functions = [f"{path}: {name}" for path in SOURCES + TESTS for name, lines in functions(path) if lines > 60]
    assert [*long_files, *long_functions] == []


def test_files_and_functions_stay_small_on_the_whole() -> None:
    lengths = [len(path.read_text().splitlines()) for path in SOURCES if path.name != "__init__.py"]
    assert median(lengths) <= 85  # the aim is 80, and it may not rise
    assert median(lines for path in SOURCES for _, lines in functions(path)) <= 10


# ── Rooms ───────────────────────────────────────────────────────────────────────────────────────
def test_no_module_stands_beside_the_rooms_but_djangos_own() -> None:
    flat = {app: {path.stem for path in (ROOT / app).glob("*.py")} for app in APPS}
    assert {app: stems - FLAT[app] for app, stems in flat.items() if stems - FLAT[app]} == {}


def test_a_room_is_looked_through_at_a_glance() -> None:
    assert {str(room): len(files) for room, files in ROOMS.items() if len(files) > 14} == {}
    assert len([entry for entry in (ROOT / "pos").iterdir() if entry.name != "__pycache__"]) <= 20


def test_every_room_introduces_itself() -> None:
    """Interfaces and invariants are the same in every app, and nothing imports them."""
    silent = [
        str(room)
        for room in ROOMS
        if not {"api", "backoffice", "checks"} & set(room.parts)
        and not ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text()))
    ]
    assert silent == []


def test_a_front_page_holds_no_code() -> None:
    """Its docstring, the imports of public names, `__all__`."""
    # `embedded` is loaded by processes that need none of it: importing it must cost nothing.
    for room in ROOMS.keys() - {Path("ledgersafe/embedded")}:
        body = ast.parse((ROOT / room / "__init__.py").read_text()).body
        odd = [node for node in body if not isinstance(node, ast.ImportFrom | ast.Assign | ast.Expr)]
        assert odd == [], room


@pytest.mark.parametrize("app", ["pos", "ledger", "recon"])
def test_a_step_has_module_names_of_its_own(app: str) -> None:
    """Except `queries`, `requests`, `reports`, `rows`, which say the same of each. Interfaces may repeat a subject."""
    steps = [room for room in ROOMS if room.parts[0] == app and room.parts[1] not in NO_STEPS]
    names = [path.stem for room in steps for path in ROOMS[room]]
    assert {name for name in names if names.count(name) > 1} <= {"queries", "requests", "reports", "rows"}


# ── Names ───────────────────────────────────────────────────────────────────────────────────────
def test_types_and_modules_are_named_by_nouns() -> None:
    """A participle says nothing of what a thing is: no `Told`, no `found.py`. A refusal says what is wrong."""
    participles = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for name, is_refusal in [(path.stem, False), *classes(path)]
        if not is_refusal and is_participle(name)
    ]
    assert participles == []


def classes(path: Path) -> list[tuple[str, bool]]:
    """(name, whether it is raised) of every class of a file."""
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [(node.name, any(ERROR.search(ast.unparse(base)) for base in node.bases)) for node in found]


def is_participle(name: str) -> bool:
    """Whether the last word of a name, of a class or a module, is one."""
    words = re.findall(r"[A-Z]?[a-z]+", name)
    last = words[-1].lower() if words else ""
    return last in IRREGULAR or (last.endswith("ed") and last not in {"feed", "seed", "need", "speed", "embed"})


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("Told", True), ("ArrivalRead", True), ("held", True), ("Referred", True), ("NewKey", False), ("seed", False)],
)
def test_a_participle_is_known_when_it_is_seen(name: str, is_one: bool) -> None:
    assert is_participle(name) is is_one


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────
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
