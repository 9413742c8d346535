"""The table of environment variables is the only source: documents, settings and other readers agree with it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from ledgersafe.environment.reader import read
from ledgersafe.environment.table import BY_NAME, SECTIONS
from ledgersafe.management.commands.configuration import catalogue, example
from ledgersafe.webserver.limits import Limits

ROOT = Path(settings.BASE_DIR)
#: Variables by which processes of the product talk to each other, and those of Django.
INTERNAL = {
    "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR", "WEB_BIND", "WEB_BODY_BYTES", "WEB_BUFFER_BYTES",
    "WEB_GREETING", "WEB_PARENT_PIPE", "WEB_SUPERVISES_JOBS",
}  # fmt: skip
READERS = [
    ROOT / "manage.py", ROOT / "deploy/gunicorn.py",
    *(path for app in ("ledgersafe", "pos", "ledger", "exceptions", "recon") for path in (ROOT / app).rglob("*.py")),
]  # fmt: skip


def calls_of_read() -> Iterator[tuple[str, bool]]:
    """Every `read("NAME")` of the settings, and whether it brings a default of its own."""
    for node in ast.walk(ast.parse((ROOT / "ledgersafe/settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "read":
            (name,) = node.args
            assert isinstance(name, ast.Constant)
            yield str(name.value), bool(node.keywords)


# ── Documents ───────────────────────────────────────────────────────────────────────────────────
def test_the_documents_are_the_table() -> None:
    assert (ROOT / "docs/configuration.md").read_text().strip() == catalogue().strip()
    assert (ROOT / ".env.example").read_text().strip() == example().strip()


def test_every_variable_is_there_once_with_its_meaning() -> None:
    names = [variable.name for section in SECTIONS for variable in section.variables]
    assert sorted(names) == sorted(BY_NAME)
    for variable in BY_NAME.values():
        assert variable.meaning.endswith("."), variable.name
        assert variable.kind in {"str", "bool", "int", "float", "list"}, variable.name
        unit = {"SECONDS": "seconds", "MINUTES": "minutes", "HOURS": "hours", "MS": "milliseconds", "MIB": "MiB"}
        assert variable.unit.startswith(unit.get(variable.name.rsplit("_", 1)[-1], "")), variable.name


# ── Readers ─────────────────────────────────────────────────────────────────────────────────────
def test_the_settings_read_what_the_table_says_they_read() -> None:
    promised = {variable.name for section in SECTIONS if section.read_by_settings for variable in section.variables}
    assert {name for name, _ in calls_of_read()} == promised
    assert "environ" not in (ROOT / "ledgersafe/settings.py").read_text().replace("environment", "")


def test_the_settings_have_a_default_of_their_own_only_where_the_table_has_none() -> None:
    for name, has_default in calls_of_read():
        assert has_default <= (BY_NAME[name].default is None and BY_NAME[name].otherwise != ""), name


@pytest.mark.parametrize("name", BY_NAME)
def test_a_variable_that_is_not_set_is_its_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = BY_NAME[name]
    monkeypatch.delenv(name, raising=False)
    assert read(name) == variable.default
    if variable.default_text:
        monkeypatch.setenv(name, variable.default_text)
        assert read(name) == variable.default


def test_other_readers_know_the_names_and_defaults_of_the_table() -> None:
    limits, gunicorn = Limits(), (ROOT / "deploy/gunicorn.py").read_text()
    names = ("HEADER_SECONDS", "BODY_SECONDS", "ANSWER_SECONDS", "BYTES_PER_SECOND")
    assert [getattr(limits, name.lower()) for name in names] == [BY_NAME[f"WEB_{name}"].default for name in names]
    assert limits.buffer_bytes == BY_NAME["WEB_BUFFER_MIB"].default * 1024 * 1024
    defaults = dict(re.findall(r'environ\.get\("(\w+)", "(\w+)"\)', gunicorn))
    assert {name: BY_NAME[name].default_text for name in defaults} == defaults
    compose = re.findall(r"\$\{(\w+)(?::-([^}]*))?", (ROOT / "docker-compose.yml").read_text())
    assert {name for name, _ in compose} <= set(BY_NAME)
    assert [(name, value) for name, value in compose if name in {"LISTEN", "PORT"}] == [
        (name, BY_NAME[name].default_text) for name in ("LISTEN", "PORT")
    ]


def test_nobody_reads_a_variable_the_table_lacks() -> None:
    pattern = re.compile(r'environ(?:ment)?(?:\.get\(|\.setdefault\(|\[)"([A-Z][A-Z_]+)"|number\("([A-Z_]+)"')
    found = {name for path in READERS for pair in pattern.findall(path.read_text()) for name in pair if name}
    assert found - INTERNAL <= set(BY_NAME)
    assert found >= INTERNAL
