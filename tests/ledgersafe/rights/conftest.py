"""What tests of rights share: the two tenants, built once."""

from collections.abc import Iterator

import pytest

from tests.books import assert_books_clean
from tests.ledgersafe.rights.world import World, build


@pytest.fixture(scope="package")
def world(books: None) -> Iterator[World]:
    """A tenant, whose books must be clean in the end."""
    built = build()
    yield built
    assert_books_clean(built.shop.tenant.id)


@pytest.fixture(scope="package")
def stranger(books: None) -> World:
    """Another one."""
    return build()
