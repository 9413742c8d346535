"""The account a server runs as. Postgres refuses to run as root, so root hands it to `nobody`."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ledgersafe.embedded.errors import EmbeddedServerError


class PopenOptions(TypedDict, total=False):
    """Keyword arguments of subprocess.Popen."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The user and group of a server process."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Tell whether running as this account means switching users (only root can)."""
        return self.uid != os.geteuid()

    def popen_options(self) -> PopenOptions:
        """Return the arguments that start a process as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, *command: str) -> bool:
        """Try to run a command: modes, ACLs and mount options of all parent folders are too many to compute."""
        try:
            result = subprocess.run(  # noqa: S603 - commands of this package only
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                **self.popen_options(),
            )
        except PermissionError:
            return False
        return result.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account can change into a folder."""
        return self.can_run("/bin/sh", "-c", 'cd "$1"', "sh", str(folder))

    def own(self, path: Path) -> None:
        """Give a file, or a folder with everything in it, to this account."""
        if not self.is_other:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for parent, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)


def myself() -> Account:
    """Return the account of this process."""
    return Account(os.geteuid(), os.getegid())


def account_for_postgres(cluster: Path) -> Account:
    """Choose the account: this process', or as root the owner of the existing cluster, else `nobody`.

    :raises EmbeddedServerError: root on a system without `nobody`.
    """
    if os.geteuid() != 0:
        return myself()
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedServerError(
            "Postgres refuses to run as root and there is no user `nobody`: run as a plain user."
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid)
