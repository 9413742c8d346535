"""The tests' own money command, at /v1/spend."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.ledgersafe.idempotency import spending


@pytest.fixture(autouse=True)
def _till(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = spending.__name__
    vars(spending.till).update(vars(spending.Till()))
    yield
    assert spending.till.fails == []
