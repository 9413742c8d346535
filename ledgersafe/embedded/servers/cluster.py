"""Create a Postgres cluster: the folder with all databases of one server."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.servers import roles
from ledgersafe.embedded.servers.binaries import postgres_major
from ledgersafe.embedded.servers.homes import Home


def create_cluster(folder: ServerFolder, home: Home, password: str) -> None:
    """Run initdb in a temporary place and rename it: a half-made cluster is never used."""
    draft = home.cluster.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    home.account.own(draft)
    password_file = draft.with_name("initdb-password")
    password_file.unlink(missing_ok=True)
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(password + "\n")
        home.account.own(password_file)
        _run_initdb(folder, home, draft, password_file)
    finally:
        password_file.unlink()
    draft.rename(home.cluster)


def _run_initdb(folder: ServerFolder, home: Home, draft: Path, password_file: Path) -> None:
    """Run initdb.

    :raises EmbeddedServerError: with its last output.
    """
    started = time.monotonic()
    command = [str(home.binaries / "initdb"), "-D", str(draft), "-U", roles.ADMIN, "-E", "UTF8"]
    command += ["-A", "scram-sha-256", f"--pwfile={password_file}", *_locale(home.binaries)]
    if folder.purpose == "test":
        command.append("--no-sync")
    result = subprocess.run(  # noqa: S603 - the programs found above
        command,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **home.account.popen_options(),
    )
    if result.returncode:
        raise EmbeddedServerError("initdb failed: " + (result.stderr or result.stdout).strip()[-600:])
    sys.stderr.write(f"Created {home.cluster} in {time.monotonic() - started:.1f} s\n")


def _locale(binaries: Path) -> list[str]:
    """Choose a locale that sorts by code point on every machine."""
    if postgres_major(binaries) >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
