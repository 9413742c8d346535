"""A data folder per test, with nothing left of it afterwards."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ledgersafe.embedded.clients import Checkout

IS_ROOT = os.geteuid() == 0


def make_parent() -> Path:
    """A folder that every user can reach, which pytest's own tmp_path is not."""
    parent = Path(tempfile.mkdtemp(prefix="ledgersafe-tests-", dir="/var/tmp"))
    parent.chmod(0o755)
    return parent


@pytest.fixture
def make_checkout(tmp_path: Path) -> Iterator[Callable[..., Checkout]]:
    """Makes new data folders; private ones where only their owner can reach them."""
    made: list[Checkout] = []
    parents: list[Path] = []

    def make(*, is_private: bool = False) -> Checkout:
        parents.append(tmp_path / str(len(made)) if is_private else make_parent())
        made.append(Checkout(parents[-1] / "data", []))
        return made[-1]

    yield make
    for checkout in made:
        checkout.close()
    for parent in parents:
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def new_checkout(make_checkout: Callable[..., Checkout]) -> Checkout:
    """A data folder of one's own, for tests of the first start and for those that do damage."""
    return make_checkout()


@pytest.fixture(scope="session")
def shared_data() -> Iterator[Path]:
    """A data folder that most tests use one after the other: a first start takes a second or two."""
    parent = make_parent()
    yield parent / "data"
    Checkout(parent / "data", []).close()
    shutil.rmtree(parent)


@pytest.fixture
def checkout(shared_data: Path) -> Iterator[Checkout]:
    """The shared data folder, with nothing running in it."""
    checkout = Checkout(shared_data, [])
    yield checkout
    checkout.stop()
