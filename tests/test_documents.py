"""Documents tell the truth: links, paths, commands, guards and drawings are those of the code."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
APPS = ("pos", "ledger", "exceptions", "recon", "ledgersafe")
#: The first part of a path that is meant to stand in the repository.
TOP = {*APPS, "templates", "tests", "docs", "deploy", "bench"}
#: Django's own folders, and data: no rooms.
NO_ROOMS = {"management", "migrations", "sql", "static", "formats", "__pycache__"}
DOCS = ROOT / "docs"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {
    contract["name"]: contract["layers"]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "layers"
}
of_each = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))


def prose_of(page: Path) -> str:
    """A page without its fenced blocks: what looks like a link in there is none."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def links_of(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Each relative link: as written, the file it names, and its anchor or nothing."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def linked_from(page: Path) -> set[Path]:
    return {path for _, path, _ in links_of(page)}


@of_each
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link, path, _ in links_of(page) if not path.exists()] == []


@of_each
def test_every_anchor_is_a_heading(page: Path) -> None:
    wrong = [
        link
        for link, path, anchor in links_of(page)
        if anchor and path.suffix == ".md" and path.exists() and anchor not in anchors_of(path)
    ]
    assert wrong == []


@of_each
def test_every_path_in_quotes_exists(page: Path) -> None:
    named = re.findall(r"`([\w.*-]+(?:/[\w.*-]*)+)`", prose_of(page))
    paths = [path for path in named if path.split("/")[0] in TOP]
    assert [path for path in paths if not any(ROOT.glob(path.rstrip("/")))] == []


@of_each
def test_every_command_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ |=1 )make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"(?:manage\.py |\$ manage |\(manage )([a-z_]+)", text)) <= {*get_commands(), "help"}


def test_the_front_page_is_short_and_leads_to_every_guide() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 9 * 1024
    assert set((DOCS / "guides").glob("*.md")) <= linked_from(ROOT / "README.md")
    assert DOCS / "index.md" in linked_from(ROOT / "README.md")


def test_the_index_leads_to_every_page() -> None:
    pages = {page for page in DOCS.rglob("*.md") if page.parent.name != "adr"} - {DOCS / "index.md"}
    assert pages - linked_from(DOCS / "index.md") == set()
    decisions = {page for page in (DOCS / "adr").glob("*.md") if page.name != "README.md"}
    assert decisions - linked_from(DOCS / "adr/README.md") == set()


def test_every_picture_is_shown_somewhere() -> None:
    shown = set().union(*(linked_from(page) for page in DOCUMENTS))
    assert set((DOCS / "images").glob("*.png")) - shown == set()


def test_commands_of_readme_and_guides_stand_in_console_blocks() -> None:
    """So that none escapes the test that runs them."""
    pages = [ROOT / "README.md", *(DOCS / "guides").glob("*.md")]
    fences = {fence for page in pages for fence in re.findall(r"^ *```(\w+)", page.read_text(), re.MULTILINE)}
    assert fences == {"console"}


@cache
def screens() -> str:
    """Templates and product code, each run of spaces as one: where the words on a screen come from."""
    files = [*(ROOT / "templates").rglob("*.html"), *(path for app in APPS for path in (ROOT / app).rglob("*.py"))]
    return " ".join("\n".join(path.read_text() for path in files).replace("&amp;", "&").split())


@pytest.mark.parametrize("page", [*(DOCS / "guides").glob("*.md")], ids=lambda page: page.stem)
def test_a_guide_names_what_is_on_the_screen(page: Path) -> None:
    """In bold or italics, with a capital: a button, a tab, a card, a page."""
    text = prose_of(page)
    named = re.findall(r"\*\*([A-Z][^*]+)\*\*", text) + re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", text)
    assert [name for name in named if " ".join(name.split()) not in screens()] == []


# ── Architecture ────────────────────────────────────────────────────────────────────────────────
@cache
def drawings() -> dict[str, str]:
    """The drawings of docs/architecture.md by the import contract they are of."""
    blocks = re.findall(r"```mermaid\n(.*?)```", (DOCS / "architecture.md").read_text(), re.DOTALL)
    return {re.findall(r"%% (.+)", block)[0]: block for block in blocks}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_drawing_has_exactly_the_layers_of_its_contract(contract: str) -> None:
    """In their order, each with an arrow to the next, or from its group to the next group."""
    drawing = drawings()[contract]
    arrows = set(re.findall(r'(?=\b(\w+)(?:\["[^"]+"\])? --> (\w+))', drawing))
    layers: list[tuple[str, str, str]] = []
    group = ""
    for line in drawing.splitlines():
        group = next(iter(re.findall(r"subgraph (\w+)", line)), group)
        layers += [(name, label, group) for name, label in re.findall(r'\b([A-Z]\d+)\["([^"]+)"\]', line)]
    assert [label for _, label, _ in layers] == CONTRACTS[contract]
    for (name, _, group), (below, _, group_below) in pairwise(layers):
        assert (name, below) in arrows if group == group_below else (group, group_below) in arrows


def test_no_drawing_is_of_a_contract_that_is_gone() -> None:
    assert drawings().keys() == CONTRACTS.keys()


def rooms_of(app: str) -> set[str]:
    packages = {path.parent.name for path in (ROOT / app).glob("*/__init__.py")}
    return packages - NO_ROOMS


@pytest.mark.parametrize("app", APPS)
def test_every_room_is_introduced(app: str) -> None:
    linked = linked_from(DOCS / "architecture.md")
    assert {room for room in rooms_of(app) if (ROOT / app / room).resolve() not in linked} <= {"models"}


@pytest.mark.parametrize("app", ["pos", "ledger", "recon"])
def test_the_map_on_the_front_page_has_every_room(app: str) -> None:
    (row,) = re.findall(rf"^\| \[`{app}/`\].*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    in_every_app = {"api", "backoffice", "checks", "models"}
    assert rooms_of(app) - in_every_app <= set(re.findall(r"`(\w+)`", row))


# ── Guarantees ──────────────────────────────────────────────────────────────────────────────────
def guarantees() -> list[tuple[str, str, str]]:
    """(guarantee, guard, test) of every row of docs/guarantees.md."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (DOCS / "guarantees.md").read_text(), re.MULTILINE)
    return [row for row in rows if row[0] != "guarantee"]


@cache
def source() -> str:
    """Models, migrations and SQL: where guards are declared."""
    files = (path for app in APPS for kind in ("py", "sql") for path in (ROOT / app).rglob(f"*.{kind}"))
    return "\n".join(path.read_text() for path in files)


def is_declared(guard: str) -> bool:
    """True when a guard is declared by its name, or by a trigger that puts its table's name before the rest."""
    rests = set(re.findall(r"TG_TABLE_NAME \|\| '(\w+)'", source()))
    (rest,) = {rest for rest in rests if guard.endswith(rest)} or {""}
    pattern = guard.removesuffix(rest).replace("*", r"\w+")
    return re.search(rf"\b{pattern}\b", source()) is not None


@pytest.mark.parametrize("row", guarantees(), ids=lambda row: row[0][:60])
def test_a_guarantee_has_its_guard_and_its_test(row: tuple[str, str, str]) -> None:
    _, guard, tests = row
    assert [name for name in re.findall(r"`([\w*]+)`", guard) if "_" in name and not is_declared(name)] == []
    assert re.search(r"`tests/", tests)  # that they exist is tested for every path in quotes


# ── Beside the documents ────────────────────────────────────────────────────────────────────────
def test_the_changelog_has_the_version_of_the_project_with_its_day() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"{re.escape(PROJECT['project']['version'])} – \d{{4}}-\d\d-\d\d", headings[1])


def test_the_licence_is_the_one_the_front_page_names() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")
    assert "[MIT](LICENSE)" in (ROOT / "README.md").read_text()
